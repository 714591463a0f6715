"""Challengers beside the champion: what they would have decided, and where they differ (ADR 0051).

    routing -> scored in shadow -> drawn where a challenger would decide otherwise -> answered blind -> watch

Nothing of it happens in a request, and nobody who reviews can see any of it.
"""
