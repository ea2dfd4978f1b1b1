"""`python -m standin`."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from standin import __main__ as main_module
from standin.errors import NodeMissingError


@pytest.mark.skipif(os.name != "posix", reason="a console's Ctrl+C cannot be sent to one process on Windows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(number: signal.Signals) -> None:
    """The printed settings work, and on the signal everything ends well."""
    with subprocess.Popen([sys.executable, "-m", "standin"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "Serving until Ctrl+C.\n")
        settings = dict(re.findall(r"^export (\w+)='(.*)'$", "".join(lines), re.MULTILINE))
        try:
            keys = f"{settings['PARTNER_LOGIN_URL']}/{settings['PARTNER_TENANT_ID']}/discovery/v2.0/keys"
            answer = requests.get(keys, timeout=10, verify=settings["REQUESTS_CA_BUNDLE"])
        finally:
            process.send_signal(number)
        assert answer.status_code == 200
        assert process.wait(10) == 0
    assert not Path(settings["REQUESTS_CA_BUNDLE"]).exists()
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(settings["SNAPSHOT_TABLE_ENDPOINT"], timeout=10)


def test_settings_are_printed_for_both_kinds_of_shell() -> None:
    """To be pasted as they are."""
    text = main_module._settings({"NAME": "value"})
    assert "export NAME='value'" in text
    assert "$env:NAME = 'value'" in text


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence and a remedy, no traceback."""

    def refuse(**_: object) -> None:
        raise NodeMissingError("Node is not on the PATH.", "Install it.")

    monkeypatch.setattr(main_module, "StandIn", refuse)
    monkeypatch.setattr(sys, "argv", ["standin"])
    assert main_module.main() == 1
    assert capsys.readouterr().err == "Node is not on the PATH. Install it.\n"
