"""Only URLs of pictures on the allowed hosts are accepted."""

from urllib.parse import urlsplit

import httpx2
import pytest
import urllib3.util
from hypothesis import example, given, settings
from hypothesis import strategies as st

from src.domain.values import InvalidValue
from src.infrastructure.outgoing.pictures import DogPictures
from tests.support import outside

HOST = outside.PICTURE_HOST
PICTURE = f"https://{HOST}/breeds/hound-afghan/n02088094_1003.jpg"


TRICKS = [
    "",
    "https://",
    "https:///a.jpg",
    f"https://{HOST}",
    f"http://{HOST}/a.jpg",
    f"//{HOST}/a.jpg",
    f"https:{HOST}/a.jpg",
    f"https:/{HOST}/a.jpg",
    f"https:///{HOST}/a.jpg",
    f"https:\\\\{HOST}\\a.jpg",
    f"https://evil.example\\@{HOST}/a.jpg",
    f"https://{HOST}\\@evil.example/a.jpg",
    f"https://{HOST}#@evil.example/a.jpg",
    f"https://{HOST}?@evil.example/a.jpg",
    f"https://{HOST}@evil.example/a.jpg",
    f"https://evil.example@{HOST}/a.jpg",
    f"https://@{HOST}/a.jpg",
    f"https://:@{HOST}/a.jpg",
    f"https://{HOST}:80/a.jpg",
    f"https://{HOST}:/a.jpg",
    f"https://{HOST}:0443/a.jpg",
    f"https://{HOST}:443443/a.jpg",
    f"https://{HOST}:\u0664\u0664\u0663/a.jpg",
    f"https://{HOST}./a.jpg",
    f"https://.{HOST}/a.jpg",
    f"https://x.{HOST}/a.jpg",
    f"https://{HOST}.evil.example/a.jpg",
    f"https://{HOST}%2eevil.example/a.jpg",
    f"https://{HOST}%00.evil.example/a.jpg",
    f"https://{HOST}\u3002evil.example/a.jpg",
    "https://images\u3002dog\uff0eceo/a.jpg",
    "https://ima\u0261es.dog.ceo/a.jpg",
    "https://\u24d8mages.dog.ceo/a.jpg",
    "https://images.dog.ce\u00ba/a.jpg",
    "https://[::1]/a.jpg",
    f"https://[{HOST}]/a.jpg",
    "https://2130706433/a.jpg",
    f" https://{HOST}/a.jpg",
    f"https://{HOST}/a.jpg ",
    f"https://{HOST}/a.jpg\n",
    f"https://{HOST}/a b.jpg",
    f"https://{HOST}/a\tb.jpg",
    f"ht\ttps://{HOST}/a.jpg",
    "https://images.\ndog.ceo/a.jpg",
    f"https://{HOST}/a\u0000.jpg",
    f"https://{HOST}/a\u2028.jpg",
    f"https://{HOST}/a\u202egpj.exe",
    f"https://{HOST}/a\ud800.jpg",
    f"https://{HOST}/%",
    f"https://{HOST}/%zz",
    f"https://{HOST}/\\..\\a.jpg",
    f"https://{HOST}/a.jpg#fragment",
    f'https://{HOST}/"><script>',
    f"javascript:https://{HOST}/a.jpg",
    f"https://{HOST}/" + "a" * 2048,
]


def dogs(*hosts: str) -> DogPictures:
    return DogPictures("http://127.0.0.1:9/", hosts)


@pytest.mark.parametrize("url", TRICKS)
def test_a_url_outside_the_allowed_hosts_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue, match=f"https://{HOST}/ or https://cdn.example/") as raised:
        dogs(HOST, "cdn.example").check(url)
    assert raised.value.code == "url"


@pytest.mark.parametrize(
    "url",
    [
        PICTURE,
        PICTURE.replace(HOST, HOST.upper()),
        PICTURE.replace("https", "HTTPS"),
        f"https://{HOST}:443/a.jpg",
        f"https://{HOST}/",
        f"https://{HOST}/a@2x(1),b;c=d&e'f!$*+~.jpg?size=1&q=%20#"[:-1],
        f"https://{HOST}/" + "a" * (2048 - len(f"https://{HOST}/")),
    ],
)
def test_a_url_on_an_allowed_host_is_accepted_unchanged(url: str) -> None:
    assert dogs(HOST).check(url) == url


def test_an_internationalized_host_is_compared_in_its_ascii_form() -> None:
    hosts = dogs("Bücher.example")
    assert hosts.check("https://xn--bcher-kva.example/a.jpg")
    with pytest.raises(InvalidValue):
        hosts.check("https://bücher.example/a.jpg")


pieces = st.sampled_from(
    [
        "https",
        "http",
        ":",
        "//",
        "/",
        "\\",
        "@",
        "#",
        "?",
        "%40",
        "%2f",
        "%00",
        ".",
        "\t",
        "\n",
        "\r",
        " ",
        "\0",
        ":443",
    ]
    + ["[", "]", "::1", "evil.example", HOST, HOST, HOST.upper(), "https://", f"https://{HOST}", "a.jpg", "\u3002", "ß"]
)
urls = st.one_of(
    st.lists(st.one_of(pieces, st.text(max_size=3)), max_size=8).map("".join),
    st.lists(pieces, max_size=6).map(lambda rest: "https://" + "".join(rest)),
    st.lists(pieces, max_size=4).map(lambda rest: f"https://{HOST}" + "".join(rest)),
)


@settings(max_examples=700, deadline=None)
@given(urls)
@example(f"https://{HOST}:443/?\\@evil.example")
@example(f"https://{HOST}/@evil.example/")
def test_every_url_parser_finds_the_same_host_in_an_accepted_url(url: str) -> None:
    try:
        dogs(HOST).check(url)
    except InvalidValue:
        return
    stdlib, other, third = urlsplit(url), httpx2.URL(url), urllib3.util.parse_url(url)
    assert {stdlib.scheme, other.scheme, third.scheme} == {"https"}
    assert {stdlib.hostname, other.host, third.host} == {HOST}
    assert {stdlib.port, other.port, third.port} <= {None, 443}
    assert stdlib.username is third.auth is None
    assert not other.userinfo
    assert url.isascii()
    assert url.isprintable()
    assert not set(url) & set(' \\"<>^`{|}#')
