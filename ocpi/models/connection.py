"""Connection: one credentials exchange with a platform. Party: a CPO that platform speaks for."""

from django.db import models
from django.db.models.functions import Upper

from emsp.core.circuits import Partner
from emsp.core.fields import EncryptedTextField
from emsp.core.models import PartnerKind


class ConnectionStatus(models.TextChoices):
    INVITED = "INVITED", "invited: they hold a token A and may register"
    REGISTERED = "REGISTERED", "registered"
    UNREGISTERED = "UNREGISTERED", "unregistered: tokens are void, objects are kept"


class AuthEncoding(models.TextChoices):
    BASE64 = "base64", "Base64 (2.2.1)"
    RAW = "raw", "raw (older peers)"


class Connection(models.Model):
    """A peer platform: its addresses, the token we send, and how it wants to be spoken to (ocpi.md §8)."""

    name = models.CharField(max_length=100, unique=True)
    status = models.CharField(max_length=12, choices=ConnectionStatus, default=ConnectionStatus.INVITED)
    versions_url = models.URLField(max_length=255, blank=True)
    version = models.CharField(max_length=8, default="2.2.1")
    endpoints = models.JSONField(
        default=list, blank=True, help_text="identifier, role and url of each module"
    )
    outgoing_token = EncryptedTextField(blank=True, default="")
    auth_encoding = models.CharField(
        max_length=6, choices=AuthEncoding, default=AuthEncoding.BASE64,
        help_text="how the token stands in Authorization; 401 on every request is a sign of the wrong one",
    )
    trailing_slash = models.BooleanField(
        default=False, help_text="end request URLs with a slash; for CPOs that answer 404 without"
    )
    check_last_updated = models.BooleanField(
        default=True,
        help_text="ignore news older than what is stored; off for peers that do not raise last_updated",
    )
    lenient_patch = models.BooleanField(
        default=False, help_text="take a PATCH without last_updated as of now"
    )
    push_app_tokens = models.BooleanField(
        default=False, help_text="PUT the driver's token before each command"
    )
    is_hub = models.BooleanField(default=False, help_text="may push objects of any party")
    page_limit = models.PositiveIntegerField(
        default=200, help_text="objects to ask for per page; lower it where pages time out"
    )
    step_mode = models.CharField(
        max_length=16,
        default="last_dimension",
        help_text="to which dimension step_size rounds; CDR audits tell when another one agrees better",
        choices=[
            ("last_dimension", "last dimension (2.2.1-d2)"),
            ("combined_time", "time and parking together (2.2.1 of 2021)"),
        ],
    )
    registered_at = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True, help_text="last request that it answered")
    last_error_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def partner(self) -> Partner:
        """Whom its circuit is about."""
        return Partner(PartnerKind.CPO, str(self.pk), self.name)

    def endpoint(self, identifier: str, role: str) -> str | None:
        """URL of a module's interface at the peer, without trailing slash; None when it has none."""
        for entry in self.endpoints:
            if entry.get("identifier") == identifier and entry.get("role", role) == role:
                return str(entry["url"]).rstrip("/")
        return None


class IncomingToken(models.Model):
    """A token with which the peer comes to us; only its hash is kept (ocpi.md 1.3).

    kind A: may read versions and details and POST credentials. LIVE: everything.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="incoming_tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    kind = models.CharField(
        max_length=4, choices=[("A", "registration token A"), ("LIVE", "credentials token")]
    )
    valid_until = models.DateTimeField(null=True, blank=True)
    first_used_at = models.DateTimeField(null=True, blank=True, help_text="when the peer came with it first")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.kind} token of {self.connection}"


class Party(models.Model):
    """A CPO: country code and party id on a connection, shown to apps as one Beckn provider."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="parties")
    country_code = models.CharField(max_length=2)
    party_id = models.CharField(max_length=3)
    role = models.CharField(max_length=5, default="CPO")
    name = models.CharField(max_length=100)
    business_details = models.JSONField(default=dict, blank=True)
    provider_id = models.CharField(
        max_length=120, unique=True, help_text="id of this CPO in Beckn catalogues; keep it stable"
    )
    active = models.BooleanField(default=True, help_text="off: stations are not offered")

    class Meta:
        verbose_name_plural = "parties"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "connection", Upper("country_code"), Upper("party_id"), name="party_once_per_connection"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.country_code}-{self.party_id})"
