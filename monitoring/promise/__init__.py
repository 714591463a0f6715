"""The promise page: is the promise kept, what proves it, what would change it. It only reads.

    status (in one line) -> live (error now) -> line (monitor) -> outlook (why not more) -> what_if (try it)

`page.promise_page` reads all of it once, from bounded windows of the large tables.
"""
