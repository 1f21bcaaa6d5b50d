"""Connection: one credentials exchange with a platform. Party: a CPO that platform speaks for."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Upper

from emsp.core.circuits import Partner
from emsp.core.fields import EncryptedTextField
from emsp.core.models import PartnerKind
from emsp.core.tls import check_client_cert
from ocpi.feeds import ADAPTERS


class ConnectionStatus(models.TextChoices):
    INVITED = "INVITED", "invited: they hold a token A and may register"
    REGISTERED = "REGISTERED", "registered"
    UNREGISTERED = "UNREGISTERED", "unregistered: tokens are void, objects are kept"


class AuthEncoding(models.TextChoices):
    BASE64 = "base64", "Base64 (2.2.1)"
    RAW = "raw", "raw (older peers)"


class PriceSource(models.TextChoices):
    """Where the prices come from that the CPO takes of us (T48)."""

    OCPI = "ocpi", "the tariffs that it tells by OCPI"
    CONTRACT = "contract", "contract tariffs, kept by staff"


def feed_choices() -> list[tuple[str, str]]:
    """The adapters of ocpi.feeds by name."""
    return [(name, adapter.label) for name, adapter in ADAPTERS.items()]


def _from_to(least: int | Decimal, most: int | Decimal) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(least), MaxValueValidator(most)]


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
    send_routing_headers = models.BooleanField(
        default=True, db_default=True,
        help_text="send OCPI-from and OCPI-to headers; off for peers that refuse them. A hub needs them",
    )
    connect_timeout_s = models.PositiveSmallIntegerField(
        "time to connect (s)", null=True, blank=True, validators=_from_to(1, 10),
        help_text="1 to 10 seconds; empty: 3",
    )
    read_timeout_s = models.PositiveSmallIntegerField(
        "pause in an answer (s)", null=True, blank=True, validators=_from_to(1, 60),
        help_text="how long an answer may pause, 1 to 60 seconds; empty: 10. No whole answer may take over a minute",
    )
    command_timeout_s = models.PositiveSmallIntegerField(
        "answer to a command (s)", null=True, blank=True, validators=_from_to(5, 60),
        help_text="for the whole answer to a command or to credentials, 5 to 60 seconds; empty: 30. "
        "An app waits meanwhile",
    )
    rate_limit = models.DecimalField(
        "requests per second", max_digits=7, decimal_places=4, null=True, blank=True,
        validators=_from_to(Decimal("0.001"), Decimal(100)),
        help_text="how many requests the peer lets us send: 0.5 is 30 a minute, 0.0083 is 30 an hour; empty: no limit. "
        "Lists wait their turn however long that takes; commands, tokens and single objects go ahead of them, "
        "after five seconds at the most",
    )
    tls_client_cert = EncryptedTextField(
        "TLS client certificate", blank=True, default="", db_default="", validators=[check_client_cert],
        help_text="for a peer that asks for one: PEM, the certificate, those between it and its root, "
        "and the private key without a passphrase. Stored encrypted and never shown again",
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
    always_send_connector_id = models.BooleanField(
        default=False, db_default=False,
        help_text="name the connector in each START_SESSION, also at charge points that have only one",
    )
    is_hub = models.BooleanField(default=False, help_text="may push objects of any party")
    cdr_url_alias = models.BooleanField(
        "CDRs at other addresses", default=True, db_default=True,
        help_text="also take a CDR that is POSTed or PUT below /cdrs/{country_code}/{party_id}; "
        "off: 404, as OCPI has it, and the CDR comes with the next pull",
    )
    feed_adapter = models.CharField(
        max_length=20, blank=True, default="", db_default="", choices=feed_choices,
        help_text="translates what this CPO sends, in lists and in pushes, before it is checked and stored",
    )
    page_limit = models.PositiveIntegerField(
        default=200, help_text="objects to ask for per page; lower it where pages time out"
    )
    max_range_days = models.PositiveSmallIntegerField(
        "longest range (days)", null=True, blank=True, validators=_from_to(1, 366),
        help_text="the longest time from date_from to date_to that the peer takes in one request (31 at many hubs); "
        "longer ones are asked for piece by piece. Empty: no limit",
    )
    price_source = models.CharField(
        max_length=8, choices=PriceSource, default=PriceSource.OCPI, db_default=PriceSource.OCPI,
        help_text="what quotes and bills are made of. Contract: where the tariffs told by OCPI are for others than us; "
        "a charger without a contract tariff has no price",
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

    def clean(self) -> None:
        if self.is_hub and not self.send_routing_headers:
            raise ValidationError({"send_routing_headers": "a hub knows by these headers whom a request is for"})

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
