"""The words that files use for our fields and values, in English and Korean."""

from __future__ import annotations

import functools
import re
import unicodedata

_NOT_LETTERS = re.compile(r"[\W_]+")


def key(text: str) -> str:
    """A word without case, spaces and punctuation, which is how words are compared."""
    found = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _NOT_LETTERS.sub("", found).lower()


def _words(**meanings: str) -> dict[str, str]:
    return {key(word): meaning for meaning, listed in meanings.items() for word in (meaning, *listed.split(","))}


STATUSES = _words(
    prospect="prospects,lead,potential,potential customer,open,new,잠재,잠재고객,가망,가망고객,예비,예비고객,신규",
    customer="customers,client,active,active customer,current,existing,existing customer,고객,기존,기존고객,거래중,거래처,활성",
    former="former customer,ex customer,inactive,lost,churned,closed,past,이탈,이탈고객,해지,중단,거래중단,종료,폐업,휴면",
)
TIERS = _words(A="tier a,a등급,a급", B="tier b,b등급,b급", C="tier c,c등급,c급", D="tier d,d등급,d급")
ROLES = _words(
    rep="sales rep,representative,sales representative,sales,field sales,영업사원,영업,영업담당",
    manager="sales manager,team lead,team leader,팀장,영업팀장,매니저,관리자",
    planner="sales planner,territory planner,sales operations,기획,영업기획,플래너",
    marketer="marketing,마케팅,마케터",
    service="service agent,customer service,support,고객지원,서비스,상담원",
    admin="administrator,시스템관리자,어드민",
)
YES_OR_NO = _words(yes="y,true,1,x,예,네,o", no="n,false,0,아니오,아니요")
CURRENCY_SIGNS = {"₩": "KRW", "원": "KRW", "US$": "USD", "€": "EUR", "£": "GBP", "円": "JPY"}

_COUNTRY_NAMES = {
    "us": "USA,U.S.A.,United States of America,America,the United States,미국",
    "gb": "UK,United Kingdom,Great Britain,England,Scotland,Wales,영국,GBR",
    "kr": "Korea,South Korea,Republic of Korea,Korea Republic of,ROK,KOR,한국,대한민국",
    "de": "DEU,Deutschland", "fr": "FRA", "ca": "CAN", "mx": "MEX,México", "jp": "JPN,日本", "cn": "CHN,中国",
    "es": "ESP,España", "it": "ITA,Italia", "nl": "NLD,Holland", "at": "AUT,Österreich", "ch": "CHE,Schweiz,Suisse",
}  # fmt: skip


@functools.lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    from babel import Locale

    found: dict[str, str] = {}
    for language in ("ko", "en"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"):
                found[key(name)] = found[key(code)] = code.lower()
    for code, names in _COUNTRY_NAMES.items():
        found.update({key(name): code for name in names.split(",")})
    return found


@functools.lru_cache(maxsize=1024)
def country_code(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code, lower case, of a country's code or its name."""
    return _countries().get(key(text))


POSTCODE_DIGITS = {
    "us": 5, "kr": 5, "de": 5, "fr": 5, "it": 5, "es": 5, "mx": 5, "fi": 5, "tr": 5, "jp": 7, "no": 4, "au": 4,
}  # fmt: skip
"""Countries whose postcodes are digits only and may begin with zero."""

COUNTRY_BOXES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "us": ((-180.0, 17.0, -64.0, 72.0), (172.0, 51.0, 180.0, 54.0), (144.0, 13.0, 147.0, 21.0), (-172.0, -15.0, -168.0, -11.0)),
    "kr": ((124.0, 33.0, 132.0, 39.0),),
}  # fmt: skip
"""Round boxes (west, south, east, north): Alaska, Hawaii, Puerto Rico, Guam and Samoa are in those of the US."""

US_STATES = frozenset(
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR"
    " PA RI SC SD TN TX UT VT VA WA WV WI WY PR GU VI AS MP".split()
)
