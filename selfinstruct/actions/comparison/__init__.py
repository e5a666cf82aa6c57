"""The comparison of finished runs, from reading their folders to the page and the tables that show them."""
