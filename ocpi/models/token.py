"""Token: how a driver is known to CPOs. Authorization: that we said yes to one."""

from django.db import models

from ocpi.models.connection import Party


class Token(models.Model):
    """A token of ours. APP_USER tokens belong to a driver, recognised by driver_hash only."""

    uid = models.CharField(max_length=36)
    type = models.CharField(max_length=12, default="APP_USER")
    contract_id = models.CharField(max_length=36)
    issuer = models.CharField(max_length=64)
    valid = models.BooleanField(default=True)
    whitelist = models.CharField(max_length=16, default="NEVER")
    language = models.CharField(max_length=2, default="en")
    driver_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_updated = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["uid", "type"], name="token_once")]

    def __str__(self) -> str:
        return f"{self.type} …{self.uid[-4:]}"


class Authorization(models.Model):
    """One ALLOWED answer; the CPO may carry its reference on the session it starts."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="authorizations")
    party = models.ForeignKey(Party, null=True, on_delete=models.SET_NULL)
    reference = models.CharField(max_length=36, unique=True)
    location_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reference
