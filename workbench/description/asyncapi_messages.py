"""The messages of an AsyncAPI document: each with its channel, its operation, and who sends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.model import Direction, follow_reference, list_of, mapping_of, text_of
from workbench.text import read_token, write_token

HOME = "x-asyncapi"
_LONGEST_CHAIN = 16  # references that lead to one thing


@dataclass(frozen=True)
class ChannelMessage:
    """One message on one channel.

    Attributes:
        channel: Key of the channel.
        address: Where it is sent to; the key where no address is stated.
        name: Its own name on the channel.
        node: The message object, its traits joined in.
        operation: The operation object around it, empty where none is stated.
        around: The channel object.
        direction: Who sends it.
        is_sender_stated: Whether the document says so; else the direction is the usual one.
    """

    channel: str
    address: str
    name: str
    node: dict[str, Any]
    operation: dict[str, Any]
    around: dict[str, Any]
    direction: Direction = Direction.INBOUND
    is_sender_stated: bool = False


Use = tuple[str, set[str], Direction, dict[str, Any]]  # channel, messages, sender, operation


@dataclass
class Messages:
    """Finds the messages of a generated document that holds AsyncAPI under `x-asyncapi`.

    Attributes:
        document: The generated document.
        our_servers: Names of the servers that stand for ours: what is sent there is sent to us.
    """

    document: dict[str, Any]
    our_servers: frozenset[str] = frozenset()
    channels: dict[int, str] = field(default_factory=dict)

    def read(self) -> Iterator[ChannelMessage]:
        """Every message of every channel, in the order documented."""
        data = mapping_of(self.document.get(HOME))
        channels = mapping_of(data.get("channels"))
        is_three = text_of(data.get("asyncapi")).startswith("3")
        if is_three:
            self.channels = {id(self.follow(node)): key for key, node in channels.items()}
        uses = self._uses(data) if is_three else []
        directed = not is_three and self._tells_apart(channels)
        for key, entry in channels.items():
            channel = self.follow(entry)
            found = (
                self._of_three(key, channel, uses)
                if is_three
                else self._of_two(key, channel, directed=directed)
            )
            yield from found

    def follow(self, node: Any) -> dict[str, Any]:
        """The object that a reference leads to; empty when there is none."""
        for _ in range(_LONGEST_CHAIN):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return mapping_of(node)
            node = follow_reference(self.document, node["$ref"])
        return {}

    def _with_traits(self, node: Any) -> dict[str, Any]:
        """An object with what its traits add; its own keys win."""
        own = self.follow(node)
        traits = [self.follow(trait) for trait in list_of(own.get("traits"))]
        joined: dict[str, Any] = {}
        for trait in (*traits, own):
            joined |= trait
        return joined

    def _tells_apart(self, channels: dict[str, Any]) -> bool:
        """Whether a document of version 2 uses both words, so that they mean what they say."""
        nodes = [self.follow(entry) for entry in channels.values()]
        return all(any(word in node for node in nodes) for word in ("publish", "subscribe"))

    def _of_two(
        self, key: str, channel: dict[str, Any], *, directed: bool
    ) -> Iterator[ChannelMessage]:
        names: set[str] = set()
        is_ours = self._is_on_our_server(channel)
        for action in ("publish", "subscribe"):
            operation = self._with_traits(channel.get(action))
            stated = operation.get("message")
            options = list_of(self.follow(stated).get("oneOf")) or [stated]
            sends_us = action == "subscribe" or not directed or is_ours
            for option in options:
                node = self._with_traits(option)
                if node:
                    name = _unique(_name_of(option, node), names)
                    direction = Direction.INBOUND if sends_us else Direction.OUTBOUND
                    yield ChannelMessage(
                        key, key, name, node, operation, channel, direction, directed or is_ours
                    )

    def _uses(self, data: dict[str, Any]) -> list[Use]:
        """What operations of version 3 say: channel, messages (none: all), direction, operation."""
        uses: list[Use] = []
        for entry in mapping_of(data.get("operations")).values():
            operation = self._with_traits(entry)
            sends = text_of(operation.get("action")) != "receive"
            reply = self.follow(operation.get("reply"))
            for node, is_reply in ((operation, False), (reply, True)):
                key = self.channels.get(id(self.follow(node.get("channel"))))
                if key is None or "channel" not in node:
                    continue
                names = {
                    text_of(mapping_of(item).get("$ref")).rpartition("/")[2]
                    for item in list_of(node.get("messages"))
                }
                is_to_us = sends is not is_reply
                direction = Direction.INBOUND if is_to_us else Direction.OUTBOUND
                words = operation if not is_reply else {}
                uses.append((key, names - {""}, direction, words))
        return uses

    def _of_three(
        self, key: str, channel: dict[str, Any], uses: list[Use]
    ) -> Iterator[ChannelMessage]:
        address = text_of(channel.get("address")) or key
        is_ours = self._is_on_our_server(channel)
        for name, entry in mapping_of(channel.get("messages")).items():
            node = self._with_traits(entry)
            last = _last(entry)
            found = [use for use in uses if use[0] == key and (not use[1] or use[1] & {name, last})]
            inbound = [use for use in found if use[2] is Direction.INBOUND]
            unstated: Use = (key, set(), Direction.INBOUND, {})
            _, _, direction, operation = (inbound or found or [unstated])[0]
            sender = Direction.INBOUND if is_ours else direction
            if node:
                is_stated = bool(found) or is_ours
                yield ChannelMessage(
                    key, address, name, node, operation, channel, sender, is_stated
                )

    def _is_on_our_server(self, channel: dict[str, Any]) -> bool:
        """Whether all servers of a channel are ours; without a list, all of the document's are."""
        listed = [
            _last(item) if isinstance(item, dict) else text_of(item)
            for item in list_of(channel.get("servers"))
        ]
        data = mapping_of(self.document.get(HOME))
        names = listed or list(mapping_of(data.get("servers")))
        return bool(names) and self.our_servers.issuperset(names)


def _name_of(option: Any, node: dict[str, Any]) -> str:
    return (
        text_of(node.get("messageId"))
        or text_of(node.get("name"))
        or _last(option)
        or text_of(node.get("title"))
        or "message"
    )


def _unique(name: str, taken: set[str]) -> str:
    number, wanted = 1, name
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    taken.add(name)
    return name


def _last(node: Any) -> str:
    """The last step of a reference, as a name."""
    return read_token(text_of(mapping_of(node).get("$ref")).rpartition("/")[2])


def pointer_to_message(message: ChannelMessage) -> str:
    """Where the channel of a message stands in the generated document."""
    return f"/{HOME}/channels{write_token(message.channel)}"
