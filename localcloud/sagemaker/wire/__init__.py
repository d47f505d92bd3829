"""What requests and answers consist of: members, pages, tags, names."""
