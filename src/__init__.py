"""Portero, the doorkeeper: an accounts service on Flask, Firestore and Firebase Auth."""
