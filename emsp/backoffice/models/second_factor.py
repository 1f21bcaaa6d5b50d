"""Authenticator: somebody's app for one-time codes (RFC 6238), its key encrypted."""

import base64
import time
from typing import Any
from urllib.parse import quote, urlencode

from django.db import models
from django_otp.models import Device, ThrottlingMixin, TimestampMixin
from django_otp.oath import TOTP

from emsp.core.fields import EncryptedTextField

STEP_S, DIGITS, TOLERANCE_STEPS = 30, 6, 1
ISSUER = "eMSP back office"


class Authenticator(TimestampMixin, ThrottlingMixin, Device):  # type: ignore[misc]
    """A TOTP device of django-otp. key: base32, 160 bits. last_t: step of the newest code taken; none is taken twice."""

    key = EncryptedTextField()
    last_t = models.BigIntegerField(default=-1)

    class Meta(Device.Meta):  # type: ignore[misc]
        abstract = False
        default_permissions = ()

    def verify_token(self, token: str) -> bool:
        """Whether this is the code of now (30 s more or less); the row must be locked, and is written."""
        if not self.verify_is_allowed()[0]:
            return False
        totp = TOTP(base64.b32decode(self.key), STEP_S, 0, DIGITS, 0)
        totp.time = time.time()
        digits = token.isascii() and token.isdecimal() and len(token) == DIGITS
        if not digits or not totp.verify(int(token), TOLERANCE_STEPS, self.last_t + 1):
            self.throttle_increment()
            return False
        self.last_t = totp.t()
        self.throttle_reset(commit=False)
        self.set_last_used_timestamp(commit=False)
        self.save()
        return True

    def get_throttle_factor(self) -> int:
        """Seconds of waiting after the first wrong code; it doubles with each more."""
        return 1

    @property
    def config_url(self) -> str:
        """`otpauth://` for authenticator apps, as QR code."""
        facts: dict[str, Any] = {"secret": self.key, "issuer": ISSUER, "digits": DIGITS, "period": STEP_S}
        label = quote(f"{ISSUER}:{self.user.get_username()}")
        return f"otpauth://totp/{label}?{urlencode(facts, quote_via=quote)}"
