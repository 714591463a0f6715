"""Short requests in many labels, drawn: what is asked (an action) of what (a thing), in many words for each.

A label is one action with one thing. A few labels are common and most are rare, as in a real inbox; words for
the same thing share no letters, so that what a word means helps where there are few examples. Two worlds with
no word for an action or a thing in common: one to try things on, one to look at last.
"""

from itertools import product

import numpy as np

from bench._sets import Sample
from science.fields import Schema

_NOISE = 0.03  # share of requests that somebody put under a wrong label
_OPENINGS = (
    "",
    "",
    "please ",
    "hello, ",
    "can you ",
    "I want to ",
    "we need to ",
    "could somebody ",
    "how do I ",
)
_ENDINGS = (
    "",
    "",
    " today",
    " please",
    "?",
    " as soon as possible",
    ", thank you",
    " for my mother",
    "!",
    " again",
)

_BANK = (
    {
        "cancel": ("cancel", "call off", "terminate", "get rid of", "withdraw"),
        "find": ("find", "locate", "track", "search for", "trace"),
        "change": ("change", "modify", "update", "alter", "correct"),
        "pay": ("pay for", "settle", "transfer money for", "clear the bill of", "give the cash for"),
        "complain": ("complain about", "report a problem with", "criticise", "dispute", "protest against"),
        "renew": ("renew", "extend", "prolong", "continue", "keep going with"),
        "receive": ("receive", "get", "obtain", "be sent", "collect"),
        "protect": ("lock", "block", "secure", "freeze", "protect"),
        "compare": ("compare", "weigh up", "contrast", "choose between offers for", "rank"),
        "explain": ("understand", "learn about", "be told about", "have somebody explain", "read about"),
    },
    {
        "card": ("credit card", "visa", "debit card", "plastic"),
        "loan": ("loan", "mortgage", "borrowed money", "financing"),
        "parcel": ("parcel", "package", "shipment", "box"),
        "insurance": ("insurance", "coverage", "accident policy", "protection plan"),
        "password": ("password", "login", "passcode", "pin"),
        "address": ("address", "street and town", "place of residence", "postal code"),
        "salary": ("salary", "wages", "monthly income", "paycheck"),
        "flight": ("flight", "plane ticket", "airline booking", "trip by air"),
        "tax": ("tax", "duty", "customs fee", "levy"),
        "savings": ("savings", "deposit", "nest egg", "money put aside"),
        "subscription": ("subscription", "membership", "magazine delivery", "newsletter"),
        "receipt": ("receipt", "invoice", "proof of purchase", "sales slip"),
        "appointment": ("appointment", "meeting", "date with the adviser", "consultation"),
        "gift": ("gift voucher", "present", "coupon", "bonus"),
        "currency": ("currency", "euros", "foreign notes", "dollars"),
    },
)
_HOUSE = (
    {
        "repair": ("repair", "fix", "mend", "restore", "patch up"),
        "clean": ("clean", "wash", "scrub", "wipe", "polish"),
        "buy": ("buy", "purchase", "order", "acquire", "shop for"),
        "move": ("move", "carry", "relocate", "shift", "bring upstairs"),
        "replace": ("replace", "swap", "exchange", "substitute", "put in a new"),
        "lend": ("lend", "borrow", "share", "hand over", "rent"),
        "inspect": ("inspect", "check", "examine", "look at", "test"),
        "remove": ("remove", "throw away", "dispose of", "take out", "dump"),
        "paint": ("paint", "decorate", "colour", "varnish", "brush"),
        "measure": ("measure", "size up", "take the dimensions of", "gauge", "weigh"),
    },
    {
        "printer": ("printer", "copier", "scanner", "ink machine"),
        "laptop": ("laptop", "notebook computer", "pc", "workstation"),
        "chair": ("chair", "seat", "stool", "armchair"),
        "window": ("window", "glass pane", "skylight", "shutters"),
        "heating": ("heating", "radiator", "boiler", "furnace"),
        "car": ("car", "vehicle", "van", "automobile"),
        "kitchen": ("kitchen", "oven", "stove", "cooker"),
        "garden": ("garden", "lawn", "flowers", "hedge"),
        "bathroom": ("bathroom", "shower", "toilet", "sink"),
        "phone": ("phone", "mobile", "handset", "telephone"),
        "door": ("door", "entrance", "gate", "lock on the front"),
        "light": ("lamp", "light bulb", "ceiling light", "lantern"),
        "bed": ("bed", "mattress", "pillow", "blanket"),
        "roof": ("roof", "gutter", "tiles", "chimney"),
        "bicycle": ("bicycle", "bike", "two-wheeler", "cycle"),
    },
)
WORLDS = {"requests to a bank": _BANK, "requests in a house": _HOUSE}


def requests(world: str, n_labels: int, n: int, seed: int) -> Sample:
    """Return `n` requests in `n_labels` labels, of which the k-th is as common as 1 / sqrt(k)."""
    actions, things = WORLDS[world]
    rng = np.random.default_rng(seed)
    every = list(product(actions, things))
    chosen = [every[i] for i in rng.permutation(len(every))[:n_labels]]
    share = 1 / np.sqrt(np.arange(1, n_labels + 1))
    rows, labels = [], []
    for at in rng.choice(n_labels, size=n, p=share / share.sum()):
        action, thing = chosen[at]
        words = (
            _one(rng, _OPENINGS),
            _one(rng, actions[action]),
            " ",
            _one(rng, ("the ", "my ", "our ", "a ", "")),
        )
        text = "".join((*words, _one(rng, things[thing]), _one(rng, _ENDINGS)))
        rows.append({"text": text})
        action, thing = chosen[int(rng.integers(n_labels))] if rng.random() < _NOISE else (action, thing)
        labels.append(f"{action} {thing}")
    names = [f"{action} {thing}" for action, thing in chosen]
    schema = Schema.from_json({"fields": [{"name": "text", "kind": "text"}], "labels": names})
    return Sample(f"{world}, {n_labels} labels", rows, labels, schema)


def _one(rng: np.random.Generator, among: tuple[str, ...]) -> str:
    return among[int(rng.integers(len(among)))]
