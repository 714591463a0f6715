"""Components escape what they are given, whatever it is."""

from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.utils.safestring import mark_safe

HOSTILE = '"><script>alert(1)</script>'


def render(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    "source",
    [
        "{% button x %}",
        "{% button x icon='x' icon_only=True %}",
        "{% button 'a' href=x %}",
        "{% button 'a' data_y=x %}",
        "{% badge x 'good' %}",
        "{% notice 'bad' %}{{ x }}{% endnotice %}",
        "{% card x hint=x end=x %}{{ x }}{% endcard %}",
        "{% table x %}{{ x }}{% endtable %}",
        "{% empty x %}{{ x }}{% endempty %}",
        "{% dialog 'd' x %}{{ x }}{% enddialog %}",
        "{% stat x x unit=x low=x high=x note=x href=x %}",
        "{% progress x 0.5 note=x %}",
        "{% breadcrumb x x %}",
        "{% key x %}",
        "{% facts x x %}",
        "{% bar 0.5 x %}",
        "{% sparkline values x %}",
        "{% toast x 'bad' %}",
        "{% pager x newer=x older=x %}",
        "{% tabs x items %}",
        "{% icon 'x' x %}",
    ],
)
def test_no_component_lets_markup_through(source: str) -> None:
    html = render(source, x=HOSTILE, values=[1, 2], items=[{"words": HOSTILE, "href": HOSTILE}])
    assert "<script>alert" not in html
    assert "alert(1)" in html


def test_a_field_ties_help_and_error_to_its_control() -> None:
    class Form(forms.Form):
        slug = forms.SlugField(help_text="Small letters.")

    html = render("{% field form.slug %}", form=Form({"slug": "a b"}))
    assert 'aria-describedby="id_slug_help id_slug_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_slug_help"' in html
    assert 'id="id_slug_error"' in html


def test_attributes_that_are_none_or_false_are_left_out() -> None:
    html = render("{% button 'Save' data_a=none data_b=no disabled=yes %}", none=None, no=False, yes=True)
    assert "data-a" not in html
    assert "data-b" not in html
    assert " disabled" in html


def test_an_icon_that_does_not_exist_is_a_mistake_of_ours() -> None:
    with pytest.raises(FileNotFoundError):
        render("{% icon 'no-such-icon' %}")
    with pytest.raises(ValueError, match="not the name of an icon"):
        render("{% icon '../../settings' %}")


def test_a_button_that_was_drawn_for_safe_words_is_not_drawn_again_for_others() -> None:
    words = "<i>yes</i>"
    assert words in render("{% button x data_y=x %}", x=mark_safe(words))
    assert words not in render("{% button x data_y=x %}", x=words)
