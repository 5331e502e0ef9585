"""The parts that the JSON interface and the pages share: headers, request bodies and their fields."""
