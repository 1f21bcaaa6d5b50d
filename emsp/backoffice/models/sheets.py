"""UploadedSheet: a file between its upload and the confirmation, which another process may be asked for."""

from django.db import models

from emsp.core.fields import EncryptedTextField


class UploadedSheet(models.Model):
    """The bytes of a file in base64; cards and prices may stand in it, so that it is ciphertext in the table."""

    name = models.CharField(max_length=32, unique=True)
    content = EncryptedTextField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"sheet of {self.created_at:%Y-%m-%d %H:%M}"
