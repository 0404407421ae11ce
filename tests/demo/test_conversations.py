from collections import Counter

from tests.demo.conftest import TODAY


def test_activities_of_every_kind_on_working_days_until_yesterday(full_story):
    calendar = full_story.company.calendar
    assert set(Counter(a.kind for a in full_story.activities)) == {"call", "mail", "meeting", "note"}
    assert max(a.at for a in full_story.activities).date() < TODAY
    assert all(calendar.is_working(a.at.date()) for a in full_story.activities)


def test_better_accounts_are_spoken_to_more_often(full_story):
    tiers = {b.row.uuid: b.row.tier for b in full_story.company.businesses}
    accounts, activities = Counter(tiers.values()), Counter(tiers[a.account] for a in full_story.activities)
    often = [activities[tier] / accounts[tier] for tier in "ABCD"]
    assert often == sorted(often, reverse=True)


def test_service_and_marketing_take_part(full_story):
    people = {a.person for a in full_story.activities}
    assert {"service@demo.example", "marketer@demo.example"} <= people


def test_tasks_are_done_late_due_and_ahead(full_story):
    open_tasks = [task for task in full_story.tasks if task.done_at is None]
    assert len(open_tasks) < 0.4 * len(full_story.tasks)
    assert any(task.due_on < TODAY for task in open_tasks)
    assert any(task.due_on > TODAY for task in open_tasks)
    assert any(task.needs_visit for task in open_tasks)


def test_no_task_is_done_before_it_was_written_or_after_yesterday(story):
    for task in story.tasks:
        if task.done_at:
            assert task.created_at <= task.done_at
            assert task.done_at.date() < TODAY


def test_every_next_step_became_a_task(story):
    steps = Counter((v.account, v.next_step, v.next_step_on) for v in story.visits if v.next_step)
    tasks = Counter((t.account, t.title, t.due_on) for t in story.tasks)
    assert steps
    assert not steps - tasks
