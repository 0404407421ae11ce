"""The demo's price list and orders."""

from collections import Counter


def test_every_order_stands_at_a_visit_and_comes_to_its_lines(story):
    ended_so = {visit.uuid for visit in story.visits if visit.outcome == "order"}
    assert {order.visit for order in story.orders} == ended_so
    sums: Counter[object] = Counter()
    for line in story.order_lines:
        assert line.total_minor == line.quantity * line.price_minor
        sums[line.order_uuid] += line.total_minor
    assert all(sums[order.uuid] == order.total_minor > 0 for order in story.orders)


def test_each_product_has_a_price_on_every_day_of_the_story_and_is_dearer_since_summer(story):
    assert 30 <= len(story.products) <= 80
    days = {}
    for price in story.prices:
        days.setdefault(price.product, []).append((price.valid_from, price.price_minor))
    assert set(days) == {product.uuid for product in story.products}
    first = story.company.calendar.first
    assert all(
        prices[0][0] <= first < prices[1][0] and prices[0][1] <= prices[1][1] for prices in map(sorted, days.values())
    )


def test_an_order_is_priced_by_the_list_of_its_day(story):
    days = {order.uuid: order.price_day for order in story.orders}
    for line in story.order_lines[:200]:
        listed = [p for p in story.prices if p.product == line.product and p.valid_from <= days[line.order_uuid]]
        assert max(listed, key=lambda price: price.valid_from).price_minor == line.price_minor
