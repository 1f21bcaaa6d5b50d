"""Results of our commands, at their response_url. Source: OCPI 2.2.1, mod_commands; ocpi.md 3.6, T57."""

from rest_framework.request import Request
from rest_framework.response import Response

from ocpi.envelope import success
from ocpi.receiver.door import OcpiView
from ocpi.services import commands
from ocpi.wire.reading import read
from ocpi.wire.v2_2_1.commands import CommandResult

MESSAGE_LIMIT = 512


class CommandResultView(OcpiView):
    """POST a CommandResult. The address cannot be guessed, and its caller must own the command."""

    def post(self, request: Request, command: str, uid: str) -> Response:
        given = read(self.body(), CommandResult)
        texts = sorted(given.message, key=lambda text: text.language.lower() != "en")
        commands.accept_result(
            command_uid=uid,
            connection=self.peer.connection,
            result=given.result,
            message=texts[0].text[:MESSAGE_LIMIT] if texts else "",
        )
        return success()
