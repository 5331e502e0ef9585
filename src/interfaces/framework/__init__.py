"""What the JSON interface and the pages share: headers, bodies and the fields in them."""
