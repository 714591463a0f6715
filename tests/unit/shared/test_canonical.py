"""What the service signed is believed while it may be, and for its purpose alone."""

from typing import Any

from hitl.shared.canonical import derived_key, sign, signature_holds


def test_a_signature_holds_for_its_bytes_and_purpose_alone() -> None:
    signature = sign("artifact", b"model")
    assert signature_holds("artifact", b"model", signature)
    assert not signature_holds("artifact", b"other", signature)
    assert not signature_holds("audit-checkpoint", b"model", signature)
    assert not signature_holds("artifact", b"model", signature[:-1])


def test_after_a_rotation_old_signatures_hold_as_long_as_the_old_secret_is_named(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "first", []
    old, old_draws = sign("artifact", b"model"), derived_key("draws")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "second", ["zeroth", "first"]
    assert signature_holds("artifact", b"model", old)
    assert sign("artifact", b"model") != old
    assert derived_key("draws") != old_draws
    settings.SECRET_KEY_FALLBACKS = []
    assert not signature_holds("artifact", b"model", old)
