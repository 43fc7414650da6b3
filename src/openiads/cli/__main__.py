from openiads.cli import main

main()
