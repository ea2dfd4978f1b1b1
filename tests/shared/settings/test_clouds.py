"""The addresses and audiences of the Microsoft clouds."""

from urllib.parse import urlsplit

import pytest

from shared.settings.clouds import CLOUDS


def test_the_clouds_are_those_of_the_contract() -> None:
    """PARTNER_CLOUD takes these words and no others."""
    assert set(CLOUDS) == {"global", "usgov", "china"}


@pytest.mark.parametrize("name", CLOUDS)
def test_addresses_are_bare_https_hosts(name: str) -> None:
    """Paths are put after them, so they end with neither slash nor path."""
    cloud = CLOUDS[name]
    for address in (cloud.api_url, cloud.login_url, cloud.audience):
        parts = urlsplit(address)
        assert (parts.scheme, parts.path, parts.query) == ("https", "", "")


def test_us_government_shares_the_api_but_not_the_login() -> None:
    """The token is got at another login, for the same API; each cloud has a federation audience of its own."""
    here, usgov, china = CLOUDS["global"], CLOUDS["usgov"], CLOUDS["china"]
    assert (here.api_url, here.audience) == (usgov.api_url, usgov.audience)
    assert len({cloud.login_url for cloud in CLOUDS.values()}) == 3
    assert len({cloud.federation_audience for cloud in CLOUDS.values()}) == 3
    assert china.api_url == china.audience != here.api_url
