"""Recognising the columns of a file by their headers, in English and Korean."""

from __future__ import annotations

from collections.abc import Iterable

from gcrm.exchange.words import US_STATES, key

KINDS = ("accounts", "contacts", "people")

FIELDS: dict[str, tuple[str, ...]] = {
    "accounts": (
        "external_id", "source", "name", "status", "lon", "lat", "street", "city", "region", "postcode", "country",
        "phone", "email", "website", "industry", "tier", "annual_value", "potential", "currency", "owner", "tags",
        "opening_hours", "cadence_days", "visit_minutes", "note", "brand", "branch", "gcrm_id",
    ),
    "contacts": (
        "external_id", "source", "name", "last_name", "first_name", "job_title", "phone", "email", "is_primary", "note",
        "account", "account_external_id", "account_source", "account_name", "account_postcode",
    ),
    "people": ("email", "name", "role", "team", "phone", "timezone", "home_address", "home_lon", "home_lat"),
}  # fmt: skip
"""The fields of each kind of file, in the order in which pages offer them."""

NOT_SET = frozenset({"gcrm_id", "external_id", "email"})
"""One value for all rows makes no sense here."""

# Where two columns of a file mean the same field, the word that stands first here wins.
_ACCOUNT_WORDS = {
    "external_id": "external_id,store_id,store no,store number,store num,shop id,shop no,customer_id,customer no,customer number,"
    "cust no,cust id,"
    "account_id,account no,account number,client id,outlet id,site id,location id,branch id,id,code,store code,"
    "customer code,account code,branch code,branch no,key,상가업소번호,업소번호,관리번호,거래처코드,고객번호,고객코드,매장코드,매장번호,점포코드,"
    "점포번호,지점코드,코드",
    "source": "source,data source,출처",
    "name": "name,account name,account,customer name,customer,company name,company,store name,shop name,business name,client name,"
    "client,outlet name,outlet,site name,organisation,organization,title,상호명,상호,업체명,업소명,사업장명,거래처명,거래처,고객명,"
    "고객사,회사명,매장명,점포명,이름,명칭,기관명",
    "brand": "brand,brand name,chain,chain name,banner,franchise,브랜드,브랜드명,체인,체인명,프랜차이즈",
    "branch": "branch,branch name,지점명,지점,분점명",
    "status": "status,account status,customer status,상태,고객상태,거래상태,고객구분",
    "lon": "lon,lng,long,longitude,x,x coordinate,x coord,coord x,coordinate x,lon wgs84,gps lon,gps longitude,geo lon,경도,x좌표,좌표x,"
    "좌표정보x,좌표정보xepsg5174",
    "lat": "lat,latitude,y,y coordinate,y coord,coord y,coordinate y,lat wgs84,gps lat,gps latitude,geo lat,위도,y좌표,좌표y,"
    "좌표정보y,좌표정보yepsg5174",
    "street": "street,street address,address,address 1,address line 1,address1,addr,addr1,road address,도로명주소,도로명전체주소,소재지도로명주소,"
    "주소,소재지,소재지주소,지번주소,소재지전체주소,소재지지번주소",
    "city": "city,town,locality,city name,municipality,시군구명,시군구,도시",
    "region": "state,province,region,state code,state province,county state,state name,province name,시도명,시도,광역시도",
    "postcode": "postcode,postal code,zip,zip code,zipcode,zip5,post code,postal,plz,신우편번호,새우편번호,우편번호,도로명우편번호,소재지우편번호,구우편번호",
    "country": "country,country code,country name,nation,국가,나라,국가코드",
    "phone": "phone,phone number,telephone,telephone number,tel,phone no,mobile,전화번호,전화,연락처,대표전화,소재지전화,휴대전화",
    "email": "email,e mail,email address,mail,이메일,전자우편,메일",
    "website": "website,web site,url,web,homepage,home page,site,store url,홈페이지,웹사이트,홈페이지주소",
    "industry": "industry,sector,category,business type,segment,업종,업종명,상권업종소분류명,업태,업태구분명,업종소분류명,산업",
    "tier": "tier,class,grade,abc,abc class,등급,고객등급",
    "annual_value": "annual value,annual revenue,revenue,annual sales,turnover,연매출,매출,연간매출,매출액",
    "potential": "potential,potential value,잠재매출,잠재력,예상매출",
    "currency": "currency,currency code,통화,화폐",
    "owner": "owner,owner email,rep email,sales rep email,account owner,담당자이메일,담당영업,영업담당자,담당영업이메일",
    "tags": "tags,tag,labels,label,keywords,태그",
    "opening_hours": "opening hours,영업시간osm",
    "cadence_days": "cadence days,cadence,visit every days,방문주기,방문주기일",
    "visit_minutes": "visit minutes,visit duration,visit duration minutes,duration minutes,방문시간,방문시간분",
    "note": "note,notes,comment,comments,remark,remarks,memo,비고,메모,특이사항",
    "gcrm_id": "gcrm id",
}

_CONTACT_WORDS = {
    "external_id": "external id,contact id,contact no,id,담당자번호",
    "source": "source,출처",
    "name": "name,full name,contact name,contact,person,담당자명,담당자,성명,이름",
    "last_name": "last name,surname,family name,성",
    "first_name": "first name,given name,forename",
    "job_title": "job title,title,position,role,function,직함,직책,직위,직급",
    "phone": "phone,phone number,mobile,mobile phone,cell,telephone,tel,휴대폰,휴대전화,핸드폰,전화번호,전화,연락처",
    "email": "email,e mail,email address,mail,이메일,전자우편,메일",
    "is_primary": "is primary,primary,main contact,주담당자,대표",
    "note": "note,notes,comment,comments,remark,remarks,memo,비고,메모",
    "account_external_id": "account external id,account id,account no,account number,account code,customer id,customer no,customer number,"
    "store id,store no,store number,거래처코드,고객번호,고객코드,매장코드,상가업소번호",
    "account_source": "account source",
    "account_name": "account name,customer name,company,company name,store name,organisation,organization,거래처명,고객사,회사명,업체명,상호명,매장명",
    "account_postcode": "account postcode,account zip,postcode,postal code,zip,zip code,우편번호",
    "account": "account,customer,client,거래처,고객",
}

_PERSON_WORDS = {
    "email": "email,e mail,email address,mail,user,login,이메일,메일,전자우편",
    "name": "name,full name,person,employee,이름,성명,사원명",
    "role": "role,job,position,직무,역할,권한",
    "team": "team,team name,group,department,팀,팀명,부서,부서명,소속",
    "phone": "phone,mobile,telephone,tel,phone number,전화번호,휴대폰,휴대전화,연락처",
    "timezone": "timezone,time zone,tz,시간대",
    "home_address": "home address,address,start address,집주소,주소,출발지",
    "home_lon": "home lon,home longitude,lon,lng,longitude,경도",
    "home_lat": "home lat,home latitude,lat,latitude,위도",
}

_WORDS = {"accounts": _ACCOUNT_WORDS, "contacts": _CONTACT_WORDS, "people": _PERSON_WORDS}


def _ranks(kind: str) -> dict[str, tuple[str, int]]:
    """For each known word its field, and its place among the words of that field; a field's own name is one of them."""
    found = {key(field): (field, 0) for field in FIELDS[kind]}
    for field, listed in _WORDS[kind].items():
        for rank, word in enumerate(listed.split(",")):
            if found.get(key(word), (field, 0))[0] == field:
                found[key(word)] = (field, rank)
    return found


_RANKS = {kind: _ranks(kind) for kind in KINDS}


def recognise(kind: str, headers: Iterable[str]) -> dict[str, str]:
    """The field of each header that means one; of several columns for a field the best word's, then the first."""
    best: dict[str, tuple[int, str]] = {}
    for header in headers:
        field, rank = _RANKS[kind].get(key(header), (None, 0))
        if field is not None and (field not in best or rank < best[field][0]):
            best[field] = (rank, header)
    return {header: field for field, (_rank, header) in best.items()}


def guess_country(headers: Iterable[str], mapping: dict[str, str], samples: Iterable[dict[str, str]]) -> str | None:
    """The country whose lists look like this: Korean headers, or ZIP codes beside the states of the US."""
    if any("가" <= sign <= "힣" for header in mapping for sign in header):
        return "kr"
    if not any(key(header) in ("zip", "zipcode", "zip5") for header in headers):
        return None
    state = next((header for header, field in mapping.items() if field == "region"), None)
    seen = [sample.get(state or "", "").strip() for sample in samples]
    named = [value for value in seen if value]
    return "us" if named and all(value.upper() in US_STATES for value in named) else None
