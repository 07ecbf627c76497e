"""The DNS records that a domain needs: named, printed as zone files, compared with the live DNS."""
