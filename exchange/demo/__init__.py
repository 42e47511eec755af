"""The demo: three markets, a few people, and traders who keep the markets alive."""
