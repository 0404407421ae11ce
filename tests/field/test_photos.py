"""Pictures through the phone's door: what is kept, what is refused and how, who sees them."""

from __future__ import annotations

import io
import uuid

import pytest
from PIL import Image
from sqlalchemy import delete, select

from gcrm.core import clock, events, files
from gcrm.core.geo import lon_lat
from gcrm.customers.models import Account
from gcrm.visits import photo_services
from gcrm.visits.models import VisitPhoto
from tests import factories as make
from tests.field.phone import ident

MEGABYTE = 1024 * 1024
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def jpeg(colour="red", size=(640, 480), **more):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", **more)
    return out.getvalue()


@pytest.fixture
def visit(session, rep):
    account = make.make_account(session, rep, name="Corner Shop")
    return make.make_visit(session, account, rep, status="arrived", arrived_at=clock.now())


@pytest.fixture
def photo(phone, visit):
    """The id of a photo whose act was applied."""
    taken = ident()
    answers = phone.send(
        phone.act("photo_added", photo=taken, visit=visit.uuid, taken_at=clock.now().isoformat(), keeps_place=False)
    )
    assert answers[0]["state"] == "applied", answers
    return taken


def put(phone, photo, content, kind="image/jpeg"):
    return phone.client.put(f"/field/photos/{photo}", data=content, headers={"Content-Type": kind})


def test_a_picture_is_kept_once_and_the_same_again_is_answered_alike(phone, session, photo):
    first, again, other = put(phone, photo, jpeg()), put(phone, photo, jpeg()), put(phone, photo, jpeg("blue"))
    assert [answer.status_code for answer in (first, again, other)] == [201, 200, 409]
    assert first.json == again.json
    assert (first.json["width"], first.json["height"]) == (640, 480)
    assert "Another picture" in other.json["detail"]


def test_a_picture_is_served_as_a_picture_and_nothing_else(phone, photo):
    url = put(phone, photo, jpeg()).json["url"]
    whole, small = phone.client.get(url), phone.client.get(f"{url}?size=small")
    assert (whole.status_code, whole.mimetype, whole.headers["X-Content-Type-Options"]) == (
        200,
        "image/jpeg",
        "nosniff",
    )
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    assert "private" in whole.headers["Cache-Control"]
    assert Image.open(io.BytesIO(small.data)).size == (320, 240)
    assert phone.client.get(url, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304


def test_who_does_not_see_the_visit_does_not_see_its_pictures(phone, photo, login_as, session):
    url = put(phone, photo, jpeg()).json["url"]
    stranger = make.make_user(session, "rep", make.make_team(session))
    assert login_as(stranger).get(url).status_code == 404
    assert login_as(make.make_user(session, "planner")).get(url).status_code == 200


def test_nobody_else_fills_a_photo(phone, photo, login_as, session):
    other = login_as(make.make_user(session, "rep"))
    assert other.put(f"/field/photos/{photo}", data=jpeg()).status_code == 409
    assert login_as(make.make_user(session, "planner")).put(f"/field/photos/{photo}", data=jpeg()).status_code == 409
    assert login_as(make.make_user(session, "service")).put(f"/field/photos/{photo}", data=jpeg()).status_code == 404


def test_a_picture_that_comes_before_its_act_is_to_be_sent_again(phone):
    answer = put(phone, ident(), jpeg())
    assert answer.status_code == 409
    assert "not here yet" in answer.json["detail"]


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"\0" * (40 * MEGABYTE), 413, "40 MB, and 16 MB are the most"),
        (b"%PDF-1.7 and so on", 422, "no picture that can be read"),
        (SVG, 422, "SVG may carry a script"),
        (jpeg()[:3000], 422, "broken or cut off"),
        (b"", 422, "empty"),
    ],
)
def test_what_is_no_picture_gets_a_clear_answer(phone, session, photo, content, status, said):
    answer = put(phone, photo, content)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert said in answer.json["detail"]
    kept = session.query(VisitPhoto).filter_by(uuid=uuid.UUID(photo)).one()
    session.refresh(kept)
    assert kept.file is None
    assert put(phone, photo, jpeg()).status_code == 201


def exif(lon=76.0):
    found = Image.Exif()
    found.get_ifd(0x8825).update({1: "N", 2: (40.0, 16.0, 12.0), 3: "W", 4: (lon, 52.0, 48.0)})
    return found


@pytest.mark.parametrize("keeps", [True, False])
def test_the_place_of_a_picture_is_kept_only_when_wanted(phone, session, visit, keeps):
    taken, place = ident(), {"lon": -76.88, "lat": 40.27, "accuracy": 12.0}
    phone.send(phone.act("photo_added", photo=taken, visit=visit.uuid, keeps_place=keeps, place=place))
    put(phone, taken, jpeg(exif=exif()))
    kept = session.query(VisitPhoto).filter_by(uuid=uuid.UUID(taken)).one()
    assert (kept.location is not None) is keeps
    if keeps:
        assert lon_lat(kept.location) == pytest.approx((-76.88, 40.27))
    assert not Image.open(io.BytesIO(files.path(kept.file).read_bytes())).getexif()


def test_a_signature_is_a_drawing_with_a_name_or_a_name_alone(phone, session, visit):
    drawn, typed = ident(), ident()
    answers = phone.send(
        phone.act("signed", photo=drawn, visit=visit.uuid, name="Kim"),
        phone.act("signed", photo=typed, visit=visit.uuid, name="Ann Lee"),
    )
    assert [answer["state"] for answer in answers] == ["applied", "applied"]
    out = io.BytesIO()
    Image.new("RGBA", (640, 240), (0, 0, 0, 0)).save(out, "PNG")
    url = put(phone, drawn, out.getvalue(), "image/png").json["url"]
    assert phone.client.get(url).mimetype == "image/png"
    page = phone.client.get(f"/visits/{visit.uuid}").text
    phone.client.post(f"/field/visits/{visit.uuid}", data={"outcome": "order"})
    page = phone.client.get(f"/visits/{visit.uuid}").text
    assert "Signed by Ann Lee" in page
    assert url in page


def test_a_picture_of_a_visit_that_nobody_made_is_refused(phone):
    (answer,) = phone.send(phone.act("photo_added", photo=ident(), visit=ident()))
    assert answer["state"] == "refused"
    assert "visit of this picture is not here" in answer["why"]


def test_a_picture_waits_for_its_visit_that_is_still_on_its_way(phone, session, visit):
    arrived = phone.act("arrived", visit=ident(), account=visit.account.uuid)
    picture = phone.act("photo_added", photo=ident(), visit=arrived["body"]["visit"])
    assert phone.states(picture) == ["kept"]
    phone.send(arrived)
    assert [answer["state"] for answer in phone.ask(picture["id"])] == ["applied"]


def test_the_same_photo_twice_is_one_and_another_visits_is_refused(phone, session, rep, visit):
    taken = ident()
    other = make.make_visit(session, visit.account, rep, status="arrived", arrived_at=clock.now())
    acts = [phone.act("photo_added", photo=taken, visit=each.uuid) for each in (visit, visit, other)]
    assert phone.states(*acts) == ["applied", "applied", "refused"]


def test_a_form_without_scripts_carries_its_pictures(phone, session, visit):
    form = {
        "outcome": "order",
        "photos": [(io.BytesIO(jpeg()), "a.jpg"), (io.BytesIO(jpeg("blue")), "b.jpg")],
        "_signed_by": "Kim",
    }
    answer = phone.client.post(f"/field/visits/{visit.uuid}", data=form, content_type="multipart/form-data")
    assert answer.status_code == 302
    kept = session.query(VisitPhoto).filter_by(visit_id=visit.id).all()
    assert sorted((each.kind, each.signed_by, each.file is not None) for each in kept) == [
        ("photo", None, True), ("photo", None, True), ("signature", "Kim", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"), [(SVG, "SVG may carry a script"), (b"nothing", "no picture that can be read")]
)
def test_a_form_with_a_wrong_picture_logs_nothing_and_keeps_what_was_typed(phone, session, visit, content, said):
    form = {"outcome": "order", "note": "Typed with care", "photos": [(io.BytesIO(content), "a.svg")]}
    answer = phone.client.post(f"/field/visits/{visit.uuid}", data=form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert said in answer.text
    assert "Typed with care" in answer.text
    session.refresh(visit)
    assert visit.status == "arrived"


def test_the_files_of_pictures_go_with_their_account(phone, session, photo, visit):
    assert put(phone, photo, jpeg()).status_code == 201
    kept = session.scalars(select(VisitPhoto).where(VisitPhoto.uuid == photo)).one()
    names = [kept.file, kept.thumbnail]
    session.execute(delete(Account).where(Account.id == visit.account_id))
    assert all(files.path(name).is_file() for name in names), "they go once the deletion is for good"
    assert events.tell(session) == 1
    assert not any((files.folder() / name).exists() for name in names)
    assert events.tell(session) == 0


def test_a_signature_by_name_alone_leaves_nothing_to_drop(session, rep, visit):
    photo_services.add_photo(session, visit, user_id=rep.id, kind="signature", signed_by="Ms Ames")
    session.execute(delete(Account).where(Account.id == visit.account_id))
    assert events.tell(session) == 0
