"""The story across the apps. Read `automation` first: how a case comes in and who decides it."""
