"""Other people's services: asked over HTTP, and not believed."""
