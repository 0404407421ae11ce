from collections import Counter
from itertools import pairwise

from gcrm.demo import sales
from tests.demo.conftest import TODAY


def test_there_are_sales_in_every_stage(full_story):
    words = full_story.company.country.profile.words
    assert set(Counter(sale.stage for sale in full_story.opportunities)) == {name for name, _, _ in words.stages}


def test_settled_sales_have_a_day_within_the_year_and_a_reason(full_story):
    settled = [sale for sale in full_story.opportunities if sale.closed_at]
    assert settled
    first = full_story.company.calendar.first
    assert all(first <= sale.closed_at.date() < TODAY and sale.close_reason for sale in settled)
    assert all(sale.closed_at > sale.created_at for sale in settled)


def test_open_sales_close_in_the_next_months_and_a_few_have_slipped(full_story):
    days = [(sale.expected_close - TODAY).days for sale in full_story.opportunities if not sale.closed_at]
    assert 0 < sum(day < 0 for day in days) < 0.4 * len(days)
    assert max(days) > 60


def test_only_customers_have_bought(full_story):
    words = full_story.company.country.profile.words
    won = next(name for name, _, kind in words.stages if kind == "won")
    status = {b.row.uuid: b.row.status for b in full_story.company.businesses}
    assert {status[sale.account] for sale in full_story.opportunities if sale.stage == won} == {"customer"}


def test_amounts_are_round_and_in_the_companys_currency(story):
    for sale in story.opportunities:
        assert sale.amount_minor > 0
        assert sale.amount_minor % story.company.country.profile.rounding_minor == 0
        assert sale.currency == story.company.country.profile.currency


def test_ranks_within_a_stage_differ(full_story):
    ranks = Counter((sale.stage, sale.rank) for sale in full_story.opportunities)
    assert max(ranks.values()) == 1


def test_a_sale_passes_the_stages_in_order(full_story):
    words = full_story.company.country.profile.words
    for sale in full_story.opportunities:
        moves = sales.stages_passed(sale, words)
        assert all(one[2] == other[1] and one[0] <= other[0] for one, other in pairwise(moves))
        assert all(sale.created_at <= at <= (sale.closed_at or sale.updated_at) for at, _, _ in moves)
        if moves and not sale.closed_at:
            assert moves[-1][2] == sale.stage
