"""Makes the shipped roles, and brings what a new version ships into them without undoing what staff changed.

A permission is handed out once: whoever takes it out of a role keeps it out, whoever adds one keeps it. A group that
staff deleted is not made again; a group of the same name that was there before is left as it is.
"""

import logging

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from emsp.backoffice.models import ShippedRole
from emsp.backoffice.roles.shipped import ROLES, permissions_of

log = logging.getLogger(__name__)


@transaction.atomic
def bring_up_to_date() -> None:
    """Run after each migrate; a second run changes nothing."""
    existing = _existing()
    for name in ROLES:
        _bring(name, existing)


@transaction.atomic
def restore(name: str) -> Group:
    """Give a role exactly what is shipped, over what staff changed; made again where they deleted it."""
    existing = _existing()
    wanted = permissions_of(name, existing) & existing.keys()
    group, _ = Group.objects.get_or_create(name=name)
    group.permissions.set(existing[permission] for permission in wanted)
    ShippedRole.objects.update_or_create(name=name, defaults={"group": group, "granted": sorted(wanted)})
    return group


def differences(name: str) -> tuple[set[str], set[str]]:
    """What staff took out of a shipped role, and what they added, as `app.codename`."""
    existing = _existing()
    role = ShippedRole.objects.select_related("group").filter(name=name).first()
    wanted = permissions_of(name, existing) & existing.keys()
    if role is None or role.group is None:
        return wanted, set()
    held = {_name(permission) for permission in role.group.permissions.select_related("content_type")}
    return wanted - held, held - wanted


def _bring(name: str, existing: dict[str, Permission]) -> None:
    wanted = permissions_of(name, existing) & existing.keys()
    role = ShippedRole.objects.select_for_update(of=("self",)).select_related("group").filter(name=name).first()
    if role is None:
        _ship(name, wanted, existing)
        return
    before = set(role.granted)
    if before == wanted:
        return
    if role.group is not None:
        role.group.permissions.add(*(existing[permission] for permission in wanted - before))
        gone = [existing[permission] for permission in before - wanted if permission in existing]
        role.group.permissions.remove(*gone)
        log.info("role %s: %s permissions added, %s taken out", name, len(wanted - before), len(gone))
    role.granted = sorted(wanted)
    role.save(update_fields=["granted"])


def _ship(name: str, wanted: set[str], existing: dict[str, Permission]) -> None:
    group, made = Group.objects.get_or_create(name=name)
    if made:
        group.permissions.set(existing[permission] for permission in wanted)
    else:
        log.warning("role %s was there already and is left as it is; `manage.py roles --restore %s`", name, name)
    ShippedRole.objects.create(name=name, group=group, granted=sorted(wanted))


def _existing() -> dict[str, Permission]:
    return {_name(permission): permission for permission in Permission.objects.select_related("content_type")}


def _name(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
