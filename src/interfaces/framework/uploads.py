"""Reads uploads, which are bodies in multipart/form-data (RFC 7578), as streams in bounded memory.

``request.files`` is not used, because it writes temporary files, and because Werkzeug's decoder adds a byte to the file
when the last boundary arrives in two reads (https://github.com/pallets/werkzeug/issues/3285).
"""

import hashlib
import re
import time
from collections.abc import Collection, Iterator
from typing import Annotated

from flask import request
from multipart import MultipartError as Malformed
from multipart import MultipartSegment, ParserLimitReached, PushMultipartParser
from pydantic import Field
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.http import parse_options_header

from src.application.files import IncomingFile
from src.domain.errors import FieldError, Invalid
from src.domain.messages import Translatable
from src.interfaces.filenames import safe_filename
from src.interfaces.framework.bodies import Body
from src.interfaces.framework.parsing import BODY_TIMEOUT, CUT_OFF, TOO_SLOW, read_whole

_READ_BYTES = 1 << 16
_FIRST_BYTES = 1 << 10
"""The number of bytes of a read before the file begins."""
_MAX_PARTS = 50
_MAX_HEADERS = 8
_MAX_HEADER_BYTES = 8 << 10
_MAX_FIELDS_BYTES = 1 << 20
_AROUND_BYTES = 2 << 20
"""The maximum number of bytes of a body besides the file: fields, headers of parts and boundaries."""

# RFC 2046 section 5.1.1, but for the length: it says 70 characters, and Werkzeug's client sometimes sends one more.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,99}[0-9A-Za-z'()+_,./:=?-]")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}", re.ASCII)  # RFC 6838 section 4.2
_IDENTITY_ENCODINGS = ("binary", "8bit", "7bit")
_MALFORMED = "The body is not valid multipart/form-data."


class UploadBody(Body):
    """A file, as multipart/form-data."""

    # Subclasses add fields, each of which is a text.

    media_types = ("multipart/form-data",)
    file: Annotated[bytes, Field(description="Its part has a filename.")]


class Upload:
    """The body of the current request: a file, and small fields before and after the file.

    The upload is valid once ``finish`` has returned. If ``finish`` raises, the caller deletes the file that it stored.
    """

    def __init__(self, max_file_bytes: int, texts: Collection[str] = ()) -> None:
        """Prepare to read the body. The parts whose names are in ``texts`` are fields even if they have a filename.

        Raises UnsupportedMediaType, RequestEntityTooLarge.
        """
        if request.content_encoding:
            raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")
        # An empty body needs no Content-Type.
        empty = not (request.content_length or request.content_type or "Transfer-Encoding" in request.headers)
        boundary = "-" if empty else request.mimetype_params.get("boundary", "")
        if not empty and (request.mimetype != "multipart/form-data" or not _BOUNDARY.fullmatch(boundary)):
            raise UnsupportedMediaType("Send the file as multipart/form-data, with the boundary in the Content-Type.")
        request.max_content_length = max_file_bytes + _AROUND_BYTES
        self.fields: dict[str, str] = {}
        self.whole = empty
        """Whether the body has been read to its end."""
        self._texts = texts
        self._parser = PushMultipartParser(
            boundary,
            max_header_size=_MAX_HEADER_BYTES,
            max_header_count=_MAX_HEADERS,
            max_segment_size=max_file_bytes,
            max_segment_count=_MAX_PARTS,
        )
        self._digest = hashlib.blake2b()
        self._events = iter(()) if empty else self._parse()
        self._names: set[str] = set()
        self._begun, self._filed = time.monotonic(), False
        self._room = _MAX_FIELDS_BYTES

    def file(self, name: str) -> IncomingFile:
        """Read the fields before the file, and return the file, which is the part with this name.

        The filename and the media type come from the client, and are made safe. The chunks can be iterated once, which
        raises BadRequest and RequestEntityTooLarge. Raises Invalid, UnsupportedMediaType, BadRequest,
        RequestEntityTooLarge.
        """
        for part in self._parts():
            filename = self._filename_of(part)
            if filename and part.name == name:
                self._filed = True
                media_type = part.content_type or ""
                known = media_type if _MEDIA_TYPE.fullmatch(media_type) else "application/octet-stream"
                return IncomingFile(safe_filename(filename), known, self._content())
            if filename is not None or part.name == name:
                break
            self._read_field(part.name)
        message = Translatable("Send the file in a part named {name}, with a filename.", name=name)
        raise Invalid(FieldError(name, "required", message))

    def finish(self) -> None:
        """Read the fields after the file, to the end of the body. Raises the same errors as ``file``."""
        for part in self._parts():
            if self._filename_of(part) is not None:
                raise Invalid(FieldError(part.name, "repeated", "Send one file."))
            self._read_field(part.name)
        if not self.whole:
            raise BadRequest(CUT_OFF)

    def to_end(self, file: IncomingFile) -> Iterator[bytes]:
        """Yield the content of the file, and then read the rest of the body, as ``finish`` does."""
        yield from file.chunks
        self.finish()

    def digest(self) -> bytes:
        """Read the rest of the body, and return a hash of its parts, which does not depend on the boundary.

        Contents are hashed only if the request has an Idempotency-Key. Raises BadRequest, RequestEntityTooLarge.
        """
        for _ in self._events:
            pass
        if not self.whole:
            raise BadRequest(CUT_OFF)
        return self._digest.digest()

    def _parse(self) -> Iterator[MultipartSegment | bytes | None]:
        """Yield the headers of each part, then pieces of its content, then None where it ends."""
        read = 0
        try:
            while data := self._read():
                read += len(data)
                for event in self._parser.parse(data):
                    self._examine(event)
                    yield event
        except ParserLimitReached:
            raise RequestEntityTooLarge from None
        except Malformed:
            raise BadRequest(_MALFORMED) from None
        try:
            self._parser.close()
        except Malformed:
            raise BadRequest(CUT_OFF) from None
        if request.content_length not in (None, read):
            raise BadRequest(CUT_OFF)
        self.whole = True

    def _examine(self, event: MultipartSegment | bytes | None) -> None:
        """Add an event of the parser to the hash. Raise BadRequest for a part whose content begins with a boundary.

        A part may end right after its headers (RFC 2046), and then the parser reads the next part as its content.
        """
        if isinstance(event, MultipartSegment):
            self._part = hashlib.blake2b(repr((event.name, self._filename_of(event), event.content_type)).encode())
            self._beginning = b""
        elif event is None:
            self._digest.update(self._part.digest())
        else:
            if "Idempotency-Key" in request.headers:
                self._part.update(event)
            boundary = b"--" + self._parser.boundary
            if len(self._beginning) < len(boundary):
                self._beginning += event[: len(boundary) - len(self._beginning)]
                if self._beginning == boundary:
                    raise BadRequest("An empty part of the body must end with a line break of its own.")

    def _read(self) -> bytes:
        # A read waits until it has all bytes that it asks for, so it asks for few until the file begins.
        return read_whole(lambda: request.stream.read(_READ_BYTES if self._filed else _FIRST_BYTES))

    def _parts(self) -> Iterator[MultipartSegment]:
        """Yield the headers of each following part. Skip the content that the caller does not read."""
        for event in self._events:
            if isinstance(event, MultipartSegment):
                if not event.name:
                    raise BadRequest(_MALFORMED)
                if event.header("Content-Transfer-Encoding", "binary").lower() not in _IDENTITY_ENCODINGS:
                    raise UnsupportedMediaType("Send each part as it is, without a Content-Transfer-Encoding.")
                if event.name in self._names:
                    raise Invalid(FieldError(event.name, "repeated", "Send one part of this name."))
                self._names.add(event.name)
                yield event

    def _filename_of(self, part: MultipartSegment) -> str | None:
        """Return the filename of a part, or None if the part is a field."""
        if part.name in self._texts:
            return None
        disposition = part.header("Content-Disposition")
        if "filename*" in disposition:  # RFC 8187, which the parser does not support
            return parse_options_header(disposition)[1].get("filename")
        name: str | None = part.filename
        return name

    def _content(self) -> Iterator[bytes]:
        """Yield the content of the current part."""
        for event in self._events:
            if event is None:
                return
            yield event
        raise BadRequest(CUT_OFF)

    def _read_field(self, name: str) -> None:
        content = bytearray()
        for chunk in self._content():
            if time.monotonic() - self._begun > BODY_TIMEOUT and not self._filed:
                raise BadRequest(TOO_SLOW)
            content += chunk
            self._room -= len(chunk)
            if self._room < 0:
                raise RequestEntityTooLarge
        try:
            text = content.decode("utf-8")
        except UnicodeError:
            raise BadRequest("The body is not valid UTF-8.") from None
        if "\0" in name + text:
            raise BadRequest("The body holds a NUL character.")
        self.fields[name] = text
