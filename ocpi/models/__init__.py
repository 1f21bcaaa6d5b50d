"""The mirror of what CPOs own, and what we keep of our side of OCPI."""

from ocpi.models.command import Command, CommandKind, CommandState
from ocpi.models.connection import (
    AuthEncoding,
    Connection,
    ConnectionStatus,
    IncomingToken,
    Party,
    PriceSource,
)
from ocpi.models.location import Connector, Evse, EvseStatus, Location
from ocpi.models.session import Cdr, Session, SessionUpdate
from ocpi.models.sync import ParkedObject, ParkedRetry, SyncState
from ocpi.models.tariff import CONTRACT, ContractTariff, Tariff, TariffVersion, contract_key
from ocpi.models.token import Authorization, CopyState, Token, TokenCopy, TokenType, Whitelist

__all__ = [
    "CONTRACT",
    "AuthEncoding",
    "Authorization",
    "Cdr",
    "Command",
    "CommandKind",
    "CommandState",
    "Connection",
    "ConnectionStatus",
    "Connector",
    "ContractTariff",
    "Evse",
    "EvseStatus",
    "IncomingToken",
    "Location",
    "ParkedObject",
    "ParkedRetry",
    "Party",
    "PriceSource",
    "Session",
    "SessionUpdate",
    "SyncState",
    "Tariff",
    "TariffVersion",
    "CopyState", "Token", "TokenCopy", "TokenType", "Whitelist", "contract_key",
]
