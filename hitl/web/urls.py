"""Addresses of the shell: home, sign-in, profile, style guide."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from hitl.web import views, words_script

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.ChangePassword.as_view(), name="change-password"),
    path("words/<str:language>/<str:digest>.js", words_script.serve, name="words-script"),
    path("styleguide/", views.styleguide_page, name="styleguide"),
]
