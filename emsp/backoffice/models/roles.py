"""ShippedRole: what of a role was handed out already, so that staff's own changes of it stay."""

from django.contrib.auth.models import Group
from django.db import models


class ShippedRole(models.Model):
    """One role of ours. granted: permissions (`app.codename`) handed out so far; group: null when staff deleted it."""

    name = models.CharField(max_length=30, unique=True)
    group = models.OneToOneField(
        Group, null=True, on_delete=models.SET_NULL, related_name="shipped_role"
    )
    granted = models.JSONField(default=list)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
