"""The second factor: enrolment with a QR code, recovery codes, and checking a code at the login."""

import base64
import io
import secrets

import qrcode
import qrcode.image.svg
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django_otp import devices_for_user, user_has_device
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from emsp.backoffice.models import Authenticator
from emsp.core.crypto import keyed_hash, keyed_hashes
from emsp.core.errors import DomainError

CODES = 10
CODE_BYTES = 10  # 16 letters
STORED = 16  # characters of a recovery code's keyed hash
SUPERUSER = "superuser"


class WrongCode(DomainError):
    """Not the code of now, used before, or too many wrong ones in a row."""

    def __init__(self) -> None:
        super().__init__("that code is not right; wait for the next one and try again")


def required_of(user: User) -> bool:
    """Whether SECOND_FACTOR_ROLES asks this person for one."""
    roles = set(settings.SECOND_FACTOR_ROLES)
    if user.is_superuser and SUPERUSER in roles:
        return True
    return bool(roles) and user.groups.filter(name__in=roles).exists()


def has_one(user: User) -> bool:
    """Whether the person has a confirmed authenticator or recovery codes."""
    return bool(user_has_device(user))


@transaction.atomic
def begin(user: User) -> Authenticator:
    """An authenticator that waits for its first code; the same one until that came."""
    User.objects.select_for_update().get(pk=user.pk)  # two tabs, one key
    waiting: Authenticator | None = Authenticator.objects.filter(user=user, confirmed=False).first()
    if waiting is not None:
        return waiting
    key = base64.b32encode(secrets.token_bytes(20)).decode()
    made: Authenticator = Authenticator.objects.create(user=user, name="authenticator", confirmed=False, key=key)
    return made


def qr_code(authenticator: Authenticator) -> str:
    """The address for authenticator apps as an SVG picture."""
    image = qrcode.make(authenticator.config_url, image_factory=qrcode.image.svg.SvgPathImage, border=2)
    target = io.BytesIO()
    image.save(target)
    return target.getvalue().decode().partition("?>")[2].strip()


def confirm(user: User, code: str) -> tuple[Authenticator, list[str]]:
    """The first code of the app came: it counts from now on, in place of an older one. Gives new recovery codes.

    Raises WrongCode. The codes are shown once; only their keyed hashes are kept.
    """
    device = _first_code(user, code)
    if device is None:
        raise WrongCode
    return device, _after_confirmation(user, device)


@transaction.atomic
def _first_code(user: User, code: str) -> Authenticator | None:
    """Committed also where the code was wrong, for that is counted."""
    waiting = Authenticator.objects.select_for_update().filter(user=user, confirmed=False)
    device: Authenticator | None = waiting.first()
    if device is None or not device.verify_token(_digits(code)):
        return None
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    return device


@transaction.atomic
def _after_confirmation(user: User, device: Authenticator) -> list[str]:
    Authenticator.objects.filter(user=user).exclude(pk=device.pk).delete()
    return new_codes(user)


@transaction.atomic
def new_codes(user: User) -> list[str]:
    """New recovery codes, each good for one login; the old ones are void."""
    StaticDevice.objects.filter(user=user).delete()
    box = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower() for _ in range(CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=box, token=_stored(code)) for code in codes)
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


@transaction.atomic
def check(user: User, code: str) -> Device | None:
    """The device whose code this is, six digits or a recovery code; None when it is none. Wrong ones make it wait."""
    digits, letters = _digits(code), _letters(code)
    for device in devices_for_user(user, for_verify=True):
        wanted = digits if isinstance(device, Authenticator) else _among(device, letters)
        if isinstance(device, Authenticator) == digits.isdecimal() and device.verify_token(wanted):
            return device
    return None


@transaction.atomic
def remove(user: User) -> int:
    """Take all devices of a person away, for one who lost them; gives how many there were."""
    count = len(list(devices_for_user(user, confirmed=None)))
    Authenticator.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    return count


def codes_left(user: User) -> int:
    """Recovery codes that were not used yet."""
    return int(StaticToken.objects.filter(device__user=user).count())


def _digits(code: str) -> str:
    return code.replace(" ", "").strip()


def _letters(code: str) -> str:
    return code.replace("-", "").replace(" ", "").strip().lower()


def _stored(code: str) -> str:
    return keyed_hash(_named(code))[:STORED]


def _among(box: StaticDevice, code: str) -> str:
    """How a recovery code is stored in box: perhaps under an earlier key."""
    forms = [form[:STORED] for form in keyed_hashes(_named(code))]
    return box.token_set.filter(token__in=forms).values_list("token", flat=True).first() or forms[0]


def _named(code: str) -> str:
    return f"recovery code {code}"
