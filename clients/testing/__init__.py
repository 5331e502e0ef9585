"""A Portero for the tests of other services. It is no part of the image, nor of the published packages."""
