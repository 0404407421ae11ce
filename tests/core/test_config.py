"""Settings say what is wrong with them."""

from __future__ import annotations

import pytest

from gcrm.core import config
from gcrm.core.errors import Invalid


def test_the_environment_is_read_with_its_types():
    found = config.load({"GCRM_PORT": "9000", "GCRM_SECURE_COOKIES": "yes", "GCRM_TRAVEL_KMH": "35.5", "GCRM_HOST": ""})
    assert (found.port, found.secure_cookies, found.travel_kmh, found.host) == (9000, True, 35.5, "127.0.0.1")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("GCRM_PORT", "http", "a whole number"),
        ("GCRM_SECURE_COOKIES", "maybe", "yes or no"),
        ("GCRM_TRAVEL_KMH", "fast", "a number"),
    ],
)
def test_a_wrong_value_names_its_variable(name, value, sentence):
    with pytest.raises(Invalid, match=f"{name} must be {sentence}"):
        config.load({name: value})


def test_a_file_of_settings_keeps_comments_out(tmp_path):
    file = tmp_path / ".env"
    file.write_text("# mine\nGCRM_PORT=1\nGCRM_MAIL_FROM='a@b.example'\n\n")
    assert config.read_env_file(file) == {"GCRM_PORT": "1", "GCRM_MAIL_FROM": "a@b.example"}
