"""Pages for administrators: workflows, API keys, webhooks, the API's reference."""
