import pytest

from gcrm.core.errors import Invalid
from gcrm.geography import codes
from gcrm.geography.codes import RegionCode


def test_a_code_names_its_country():
    assert codes.parse("US:48121") == RegionCode("us", None, "48121")


def test_a_bare_code_lies_in_the_organisations_country():
    assert codes.parse("48121", "us") == RegionCode("us", None, "48121")


def test_a_level_may_stand_between():
    assert codes.parse("kr:county:11110") == RegionCode("kr", "county", "11110")


@pytest.mark.parametrize("text", ["", "us:", ":48121", "usa:48121", "us:planet:1", "a:b:c:d", "48121"])
def test_what_names_no_region_is_said(text):
    with pytest.raises(Invalid, match="no region"):
        codes.parse(text)


def test_lists_take_any_separator_and_count_repeats_once():
    assert [str(c) for c in codes.parse_list("us:48121, 48113;\n48121  us:48085", "us")] == [
        "us:48121", "us:48113", "us:48085",
    ]  # fmt: skip


def test_every_fault_of_a_list_is_named():
    with pytest.raises(Invalid, match="“x:y”, “q:1”"):
        codes.parse_list("us:1, x:y, q:1")
