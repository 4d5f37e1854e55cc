"""What commands share: who acts, how amounts are read, what is shown and asked before anything is sent.

Only `audiera.cli.terminal.options` needs Ape; the rest works with any signer.
"""
