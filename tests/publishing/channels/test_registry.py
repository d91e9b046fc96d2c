"""Every channel is found by its kind."""

from pathlib import Path

import pytest

from tests.standins.letters import Drawer
from unisson.config import Settings
from unisson.publishing.channels.port import ChannelKind
from unisson.publishing.channels.registry import Registry


def test_the_channels_of_a_process(tmp_path: Path) -> None:
    settings = Settings.from_environ({"DATA_DIR": str(tmp_path), "OUTBOUND_ALLOW": "127.0.0.1:2583"})
    registry = Registry.from_settings(settings, Drawer())
    assert [adapter.kind for adapter in registry.all()] == [ChannelKind.BLUESKY, ChannelKind.EMAIL]
    assert registry.adapter("bluesky").kind is ChannelKind.BLUESKY
    with pytest.raises(ValueError, match="telegraph"):
        registry.adapter("telegraph")
    for adapter in registry.all():
        assert 0 < adapter.deadline <= 60
