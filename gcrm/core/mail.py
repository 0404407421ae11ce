"""Mail: by SMTP when a server is set, else written to a folder."""

from __future__ import annotations

import smtplib
import uuid
from email.message import EmailMessage
from urllib.parse import urlsplit

from gcrm.core.config import settings


def is_set() -> bool:
    return bool(settings().smtp_url)


def compose(to: str, subject: str, body: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings().mail_from
    message["To"] = to
    message["Subject"] = subject
    message.set_content(body)
    return message


def send(message: EmailMessage) -> None:
    if not is_set():
        folder = settings().data_folder / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{uuid.uuid4().hex}.eml").write_bytes(message.as_bytes())
        return
    address = urlsplit(settings().smtp_url)
    kind = smtplib.SMTP_SSL if address.scheme == "smtps" else smtplib.SMTP
    with kind(address.hostname or "localhost", address.port or 0, timeout=30) as server:
        if address.scheme == "smtp+tls":
            server.starttls()
        if address.username:
            server.login(address.username, address.password or "")
        server.send_message(message)
