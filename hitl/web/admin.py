"""The admin wears the product's name and uses its sign-in page."""

from django.contrib import admin

from hitl.web.views import sign_in_for_admin

admin.site.site_header = "hitl administration"
admin.site.site_title = "hitl"
admin.site.index_title = "Administration"
admin.site.login = sign_in_for_admin  # type: ignore[method-assign,assignment]
