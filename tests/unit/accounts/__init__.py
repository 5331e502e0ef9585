"""The account saga, on an identity provider in memory: branches that real crashes and outages rarely reach."""
