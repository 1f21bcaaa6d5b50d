"""Where a sheet stays between its upload and the confirmation: in the database, since each may meet another web process."""

from base64 import b64decode, b64encode
from datetime import timedelta
from secrets import token_hex

from django.http import Http404
from django.utils import timezone
from import_export.tmp_storages import BaseStorage

from emsp.backoffice.models import UploadedSheet

KEPT = timedelta(hours=1)


class SheetStorage(BaseStorage):  # type: ignore[misc]
    """import-export's storage: made with the name of a sheet to read it, without one to save it.

    One that was never confirmed is forgotten after KEPT, when the next is saved.
    """

    def save(self, data: bytes) -> None:
        """Keep the file, under a new name."""
        UploadedSheet.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
        self.name = token_hex(16)
        UploadedSheet.objects.create(name=self.name, content=b64encode(data).decode())

    def read(self) -> bytes | str:
        """The file: text where its format is text. Raises Http404 when it is not there any more."""
        found = UploadedSheet.objects.filter(name=self.name or "").first()
        if found is None:
            raise Http404("The sheet is not there any more: upload it again.")
        content = b64decode(found.content)
        return content if "b" in self.read_mode else content.decode(self.encoding or "utf-8")

    def remove(self) -> None:
        """Forget it."""
        UploadedSheet.objects.filter(name=self.name or "").delete()
