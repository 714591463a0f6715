"""Addresses of the shell: home, sign-in, profile, style guide."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from hitl.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.ChangePassword.as_view(), name="change-password"),
    path("styleguide/", views.styleguide_page, name="styleguide"),
]
