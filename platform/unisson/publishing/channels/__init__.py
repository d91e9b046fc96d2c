"""The places a content can go out to, each behind the same port."""
