"""Start page, sign-in, profile."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from hitl.accounts.changes import facts_of, note_account
from hitl.accounts.hashing import SignInBusy
from hitl.accounts.models import User
from hitl.accounts.types import REVIEWING, Role
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.client_address import client_address
from hitl.shared.errors import NotFound
from hitl.web import styleguide
from hitl.web.context import first_place
from hitl.web.forms import ProfileForm, SignInForm
from hitl.web.persons_language import language_of
from hitl.web.signing_in import note_sign_in
from hitl.web.throttle import TooManyAttempts


class SignIn(LoginView):
    """Name and password in, session out."""

    template_name = "hitl/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Show the form again, with the status of its refusal where no password was looked at."""
        response = super().form_invalid(form)
        codes = {error.code for error in form.non_field_errors().as_data()}
        for refusal in (SignInBusy(), TooManyAttempts()):
            if refusal.code in codes:
                response.status_code = refusal.status
                response["Retry-After"] = refusal.facts.get("headers", {}).get("Retry-After", "60")
        return response

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, and say so in the audit log."""
        response = super().form_valid(form)
        user = form.get_user()
        if isinstance(user, User):
            note_sign_in(user, address=client_address(self.request), now=clock.now())
        return response


class ChangePassword(PasswordChangeView):
    """Change one's own password."""

    template_name = "hitl/change_password.html"
    success_url = reverse_lazy("profile")

    def form_valid(self, form: object) -> HttpResponse:
        """Say that it worked."""
        messages.success(self.request, gettext("Your password is changed. Other sessions have ended."))
        user = person(self.request)
        with transaction.atomic():
            before = facts_of(user.pk)
            response = super().form_valid(form)  # type: ignore[arg-type]
            note_account(user, before, actor=user.as_actor(), now=clock.now())
        return response


def person(request: HttpRequest) -> User:
    """Return who is signed in; for views behind `login_required`."""
    if not isinstance(request.user, User):
        raise NotFound()
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    """Return who is signed in, as who acts; for views behind `login_required`."""
    return person(request).as_actor()


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Send the person to the page they begin at."""
    place = first_place(person(request))
    return redirect(place) if place else render(request, "hitl/no_role.html")


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change one's own name and address."""
    user = person(request)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            before = facts_of(user.pk)
            form.save()
            note_account(user, before, actor=user.as_actor(), now=clock.now())
        with translation.override(language_of(request)):  # the one just chosen
            messages.success(request, gettext("Your profile is saved."))
        return redirect("profile")
    roles = [role.label for role in Role if user.has_role(role)]
    reviews = user.has_role(*REVIEWING)
    return render(request, "hitl/profile.html", {"form": form, "roles": roles, "reviews": reviews})


@login_required
@require_GET
def styleguide_page(request: HttpRequest) -> HttpResponse:
    """Show every component once, for those who build pages."""
    if not person(request).has_role(Role.ADMINISTRATOR):
        raise NotFound()
    return render(request, "hitl/styleguide.html", styleguide.samples())


def sign_in_for_admin(request: HttpRequest, extra_context: object = None) -> HttpResponseBase:
    """Stand in for the admin's own sign-in page, which would know no throttle."""
    target = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = str(reverse_lazy("admin:index"))
    if request.user.is_authenticated:
        return render(request, "403.html", status=403)
    return redirect_to_login(target)
