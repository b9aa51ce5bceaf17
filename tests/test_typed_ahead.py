"""Keys that wait for the screen that they were typed for, without an app."""

from __future__ import annotations

from textual.events import Key

from tui.terminal.typed_ahead import TypedAhead, keys_in

LIST, BOX = "a list", "a box"


def key(character: str) -> Key:
    return Key(character, character)


def ready(screen: str = LIST) -> TypedAhead:
    """No key waits, and this screen takes them."""
    ahead = TypedAhead()
    assert released(ahead, screen) == ""
    return ahead


def released(ahead: TypedAhead, screen: str) -> str:
    """The kept keys, handed on to this screen."""
    taken = ""
    for kept in ahead.released(screen):
        ahead.handed_on(kept, screen)
        taken += kept.character or ""
    return taken


def hand_on(ahead: TypedAhead, keys: str, screen: str) -> list[Key]:
    """New keys that none has to wait for."""
    handed = [key(character) for character in keys]
    for each in handed:
        assert not ahead.keeps(each, screen)
        ahead.handed_on(each, screen)
    return handed


def test_before_the_first_screen_all_keys_wait() -> None:
    ahead = TypedAhead(keys_in("ab"))
    assert ahead.waiting
    assert ahead.keeps(key("c"), "the opening")
    assert released(ahead, LIST) == "abc"
    assert not ahead.waiting


def test_then_keys_pass() -> None:
    ahead = ready()
    [a] = hand_on(ahead, "a", LIST)
    assert not ahead.keeps(a, LIST), "a key that comes back unused acts by its binding"
    assert not ahead.waiting


def test_keys_behind_one_that_opens_a_box_wait_for_the_box() -> None:
    ahead = ready()
    handed = hand_on(ahead, "/re", LIST)
    assert not ahead.keeps(handed[0], LIST), "the key that opens the box"
    assert ahead.keeps(handed[1], BOX)
    assert ahead.keeps(handed[2], BOX)
    assert released(ahead, BOX) == "re"


def test_new_keys_wait_behind_those_that_came_back() -> None:
    ahead = ready()
    handed = hand_on(ahead, "/re", LIST)
    assert ahead.keeps(key("s"), BOX)
    assert [ahead.keeps(each, BOX) for each in handed[1:]] == [True, True]
    assert released(ahead, BOX) == "res"


def test_the_first_key_on_another_screen_waits_for_it() -> None:
    ahead = ready()
    assert ahead.keeps(key("a"), BOX)
    assert ahead.waiting
    assert released(ahead, BOX) == "a"
    hand_on(ahead, "b", BOX)


def test_a_screen_that_covers_the_one_that_was_asked_is_asked_too() -> None:
    ahead = TypedAhead()
    assert not ahead.wants(LIST), "nobody is asked before the first screen"
    ahead.ask(LIST)
    assert not ahead.wants(LIST)
    assert ahead.keeps(key("a"), BOX)
    assert ahead.wants(BOX)
    ahead.ask(BOX)
    assert not ahead.wants(BOX)
    assert released(ahead, BOX) == "a"
    assert ahead.wants(LIST)


def test_nobody_is_asked_while_keys_are_taken() -> None:
    ahead = ready()
    ahead.waiting = True
    assert ahead.keeps(key("a"), LIST)
    ahead.ask(LIST)
    for _ in ahead.released(LIST):
        assert not ahead.wants(BOX)
    assert ahead.wants(BOX)


def test_a_key_that_arrives_during_the_release_comes_last() -> None:
    ahead = TypedAhead(keys_in("ab"))
    taken = ""
    for kept in ahead.released(LIST):
        taken += kept.character or ""
        if taken == "a":
            assert ahead.keeps(key("c"), LIST)
    assert taken == "abc"


def test_a_kept_key_is_a_new_event_when_it_is_released() -> None:
    ahead = TypedAhead()
    kept = key("a")
    ahead.keeps(kept, LIST)
    [again] = ahead.released(LIST)
    assert again is not kept
    assert (again.key, again.character) == ("a", "a")


def test_a_terminal_sends_keys_as_text() -> None:
    assert [each.key for each in keys_in("p\x1b[A时\r")] == ["p", "up", "时", "enter"]
