"""What a language calls things: labels, boilerplate phrases, terms and topics. Data first, code to read it second."""
