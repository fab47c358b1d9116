; amazon.com.zone - load distribution: one canonical name, several addresses
$TTL 15m
@       SOA     ns1 hostmaster ( 2026010101 2h 30m 2w 1m )
        NS      ns1
        NS      ns2
        MX      10 smtp-in
        A       72.21.210.29
ns1     A       204.74.108.1
ns2     A       204.74.109.1
www     60      A       72.21.207.65
smtp-in         A       72.21.206.11

; enterprise and mail are aliases of the relay; it has six addresses.
relay1.west-coast   A       72.21.206.80
relay1.west-coast   A       72.21.206.81
relay1.west-coast   A       72.21.206.82
relay1.west-coast   A       72.21.206.83
relay1.west-coast   A       72.21.206.84
relay1.west-coast   A       72.21.206.85
enterprise      CNAME   relay1.west-coast
mail            CNAME   relay1.west-coast
