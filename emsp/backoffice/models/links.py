"""ScorecardLink: a page without login that was given to an operator."""

from django.conf import settings
from django.db import models


class ScorecardLink(models.Model):
    """A link to one operator's scorecard. The link itself is signed and not kept; it ends here."""

    party = models.ForeignKey("ocpi.Party", on_delete=models.CASCADE, related_name="scorecard_links")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_by_name = models.CharField(max_length=150, help_text="stays when the account goes")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"scorecard link of {self.party}"
