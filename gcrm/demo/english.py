"""English words for a company in the eastern United States."""

from __future__ import annotations

from gcrm.demo.words import Words

_SURNAMES = (
    "Smith Johnson Williams Brown Jones Miller Davis Martin Wilson Anderson Taylor Thomas Moore Jackson White Harris Clark "
    "Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Baker Nelson Carter Mitchell Roberts Turner "
    "Phillips Campbell Parker Evans Edwards Collins Stewart Morris Murphy Cook Rogers Morgan Cooper Reed Bailey Bell Kelly "
    "Howard Ward Cox Richardson Wood Watson Brooks Bennett Gray James Hughes Price Myers Long Foster Sanders Ross "
    "Yoder Stoltzfus Zimmerman Hershey Weaver Snyder Kauffman Brubaker Hoover Shaffer Keller Wagner Becker Schultz Klein "
    "Garcia Rodriguez Martinez Hernandez Lopez Gonzalez Perez Sanchez Ramirez Torres Rivera Diaz Reyes Ortiz Santiago Cruz "
    "Nguyen Patel Kim Lee Chen Wang Singh Shah Khan Tran Park Ahmed Kowalski Novak Romano Russo DeLuca Esposito Marino "
    "O'Brien McCarthy Sullivan Donovan Gallagher Fitzgerald Washington Freeman Booker Coleman Jenkins Bryant"
).split()

_GIVEN = (
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica "
    "Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony Sandra Mark Margaret Donald Ashley "
    "Steven Kimberly Andrew Emily Paul Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa George Deborah "
    "Timothy Stephanie Ronald Rebecca Jason Laura Edward Helen Jeffrey Sharon Ryan Cynthia Jacob Kathleen Gary Amy Nicholas "
    "Angela Eric Anna Jonathan Ruth Larry Brenda Justin Pamela Scott Nicole Brandon Maria Benjamin Heather Samuel Diane "
    "Carlos Sofia Luis Camila Jose Isabella Miguel Elena Wei Mei Raj Priya Amir Layla Darnell Keisha Marcus Tamika"
).split()

_STREETS = (
    "Main Market Church High Front Walnut Chestnut Maple Oak Pine Spruce Locust Cedar Elm Union Franklin Washington Jefferson "
    "Lincoln Jackson Madison Monroe Adams Grant King Queen Prince Duke Water Mill Bridge River Canal Spring Park Prospect "
    "Pleasant Summit Valley Orchard Meadow Forest Hillside Ridge Railroad Depot Penn State Capitol Chambers College School "
    "Limestone Cumberland Susquehanna Conestoga Hanover Carlisle Lancaster Reading Baltimore Philadelphia Gettysburg Harrisburg "
    "Mount-Joy Broad Center Commerce Industrial Liberty Independence Second Third Fourth Fifth Sixth Seventh Eighth"
).split()

ENGLISH = Words(
    locale="en",
    industries={
        "restaurant": "Restaurants",
        "cafe": "Cafés and bakeries",
        "grocery": "Grocery stores",
        "auto": "Auto repair and parts",
        "hardware": "Hardware and building supplies",
        "pharmacy": "Pharmacies",
        "clinic": "Clinics and dentists",
        "school": "Schools",
        "hotel": "Hotels and inns",
        "beauty": "Hair and beauty",
        "garden": "Garden centers and farms",
        "factory": "Manufacturing",
    },
    kinds={
        "restaurant": ("Diner", "Grill", "Family Restaurant", "Kitchen", "Tavern", "Pizzeria", "Smokehouse", "Bistro", "Crab House"),
        "cafe": ("Coffee Roasters", "Café", "Bakery", "Coffee House", "Donuts", "Tea Room", "Pretzel Company", "Creamery"),
        "grocery": ("Market", "Food Mart", "Grocery", "Foods", "Country Store", "Farm Market", "Deli and Market", "Superette"),
        "auto": ("Auto Repair", "Garage", "Tire and Service", "Auto Parts", "Collision Center", "Transmission", "Motor Works"),
        "hardware": ("Hardware", "Building Supply", "Lumber", "Home Center", "Paint and Glass", "Plumbing Supply", "Tool Rental"),
        "pharmacy": ("Pharmacy", "Drug Store", "Apothecary", "Family Pharmacy", "Corner Pharmacy"),
        "clinic": ("Family Medicine", "Dental Care", "Dental Group", "Pediatrics", "Urgent Care", "Physical Therapy", "Eye Care", "Veterinary Clinic"),
        "school": ("Elementary School", "Middle School", "Academy", "Day School", "Preschool", "High School", "Christian School"),
        "hotel": ("Inn", "Hotel", "Motor Lodge", "Suites", "Bed and Breakfast", "Guest House"),
        "beauty": ("Hair Salon", "Barber Shop", "Nails and Spa", "Beauty Studio", "Hair Design", "Day Spa"),
        "garden": ("Garden Center", "Nursery", "Greenhouses", "Farm Supply", "Orchards", "Landscaping", "Feed and Seed"),
        "factory": ("Manufacturing", "Machine Works", "Packaging", "Plastics", "Metal Fabricators", "Foods Processing", "Woodworks", "Printing"),
    },
    firsts=(
        "Keystone", "Blue Ridge", "Old Mill", "Red Barn", "Sunrise", "Golden", "Liberty", "Colonial", "Valley View", "Riverside",
        "Hilltop", "Crossroads", "Maple Leaf", "Silver Spring", "Stone Bridge", "Green Meadow", "Twin Oaks", "Cornerstone",
        "Heritage", "Capital", "Lighthouse", "Three Rivers", "Mountain Laurel", "White Oak", "Black Walnut", "Corner",
        "Village", "Union Square", "Penn's Landing", "Chesapeake", "Bay Side", "Harbor", "Eagle", "Falcon", "Cardinal", "Patriot",
        "Founders", "Lamplighter", "Copper Kettle", "Iron Horse", "Windmill", "Covered Bridge", "Fox Hollow", "Deer Run",
        "Sugar Hill", "Clover", "Juniper", "Laurel", "Magnolia", "Bright", "First Choice", "Main Line", "Pioneer", "Summit",
        "Northern", "Southgate", "Eastside", "Westend", "Uptown", "Old Town", "Trolley", "Station", "Canal Street", "Millstone",
        "Brookside", "Lakeview", "Orchard Hill", "Sugar Maple", "Wildflower", "Homestead", "Plain and Simple", "Good Neighbor",
    ),
    business_patterns=(("{first} {kind}", 5), ("{surname}'s {kind}", 4), ("{town} {kind}", 3), ("{surname} {kind}", 2), ("{surname} & Sons {kind}", 0.7), ("The {first} {kind}", 0.8)),
    namesake_pattern="{name} of {town}",
    chains=(
        ("Penn Valley Pharmacy", "pharmacy"), ("Blue Bay Oil & Tire", "auto"), ("Dutch Pantry Markets", "grocery"),
        ("Bluebird Diners", "restaurant"), ("Morning Bell Coffee", "cafe"), ("Tri-State Dental", "clinic"),
        ("Harvest Table Grill", "restaurant"), ("Allegheny Building Supply", "hardware"), ("Lantern Inns", "hotel"), ("Tidewater Grocers", "grocery"),
    ),
    branch_pattern="{chain} #{number} {town}",
    head_office_pattern="{chain} Head Office",
    surnames=tuple((name, 1 / (8 + rank)) for rank, name in enumerate(_SURNAMES)),
    given_names=tuple(_GIVEN),
    person_pattern="{given} {surname}",
    job_titles={
        "any": ("Owner", "General Manager", "Purchasing", "Office Manager", "Assistant Manager", "Bookkeeper"),
        "restaurant": ("Owner", "Head Chef", "Kitchen Manager", "General Manager", "Bar Manager"),
        "cafe": ("Owner", "Store Manager", "Head Baker", "Shift Lead"),
        "clinic": ("Practice Manager", "Office Manager", "Head Nurse", "Dentist", "Purchasing"),
        "school": ("Facilities Manager", "Business Manager", "Principal", "Cafeteria Manager", "Custodian"),
        "hotel": ("General Manager", "Head Housekeeper", "Food and Beverage Manager", "Purchasing"),
        "factory": ("Plant Manager", "Purchasing", "Maintenance Supervisor", "Safety Officer"),
        "auto": ("Owner", "Service Manager", "Parts Manager", "Shop Foreman"),
    },
    staff={"admin": "Alex Morgan", "planner": "Priya Shah", "marketer": "Dana Brooks", "service": "Sam Rivera"},
    team_pattern="Team {name}",
    sales="Field sales",
    territory_pattern="{name}",
    regional_pattern="{name} region",
    joined_pattern="{first} and {second}",
    streets=tuple(street.replace("-", " ") for street in _STREETS),
    street_kinds=(("Street", 8), ("Avenue", 3), ("Road", 5), ("Drive", 1.5), ("Pike", 0.8), ("Boulevard", 0.5), ("Lane", 0.8), ("Highway", 0.5)),
    tags=(("key account", 0.04), ("pays late", 0.05), ("wants samples", 0.07), ("seasonal", 0.06), ("family business", 0.12), ("online orders", 0.15), ("new owner", 0.03), ("loading dock", 0.05), ("call ahead", 0.08)),
    chain_tag="chain",
    account_notes=(
        "Deliveries by the back door, ring twice.", "Parking behind the building.", "Asks for paper invoices.",
        "Best reached before ten in the morning.", "Renovating; reopens fully in spring.", "Compares prices with {rival} every quarter.",
        "Came through a recommendation.", "Orders by phone, never by mail.", "Wants one delivery a week, Tuesdays.",
        "The owner also runs a second shop across town.", "Storage is small: deliver in small lots.",
    ),
    products={
        "restaurant": ("takeout containers", "dish machine detergent", "degreaser", "nitrile gloves", "paper napkins", "grease trap service"),
        "cafe": ("paper cups", "compostable lids", "bakery boxes", "sanitizer", "espresso cleaning tablets", "napkins"),
        "grocery": ("register rolls", "produce bags", "floor care", "foam trays", "cooler cleaner", "carrier bags"),
        "auto": ("shop towels", "hand cleaner", "oil absorbent", "nitrile gloves", "parts washer service", "floor degreaser"),
        "hardware": ("contractor bags", "stretch wrap", "work gloves", "carton tape", "floor care", "pallet labels"),
        "pharmacy": ("prescription bags", "hand sanitizer", "label rolls", "cold packs", "surface disinfectant"),
        "clinic": ("exam gloves", "surface disinfectant", "table paper", "face masks", "sharps boxes", "soap dispensers"),
        "school": ("paper towels", "floor finish", "soap dispensers", "trash liners", "cafeteria trays", "disinfectant"),
        "hotel": ("guest soap", "laundry detergent", "bath tissue", "trash liners", "breakfast disposables", "carpet care"),
        "beauty": ("disinfectant jars", "salon towels", "nitrile gloves", "neck strips", "hair color foil"),
        "garden": ("nursery pots", "plant sleeves", "carrier bags", "work gloves", "hand cleaner", "stretch wrap"),
        "factory": ("stretch film", "corrugated boxes", "safety gloves", "absorbents", "floor scrubber lease", "wipers", "edge protectors"),
    },
    units=("carton", "box", "case", "pack"),
    visit_types=(
        ("Stock check", (
            ("How full is the shelf?", "choice", ("Full", "Half", "Nearly empty"), True),
            ("Display in place?", "yes_no", (), False),
            ("Shelf meters", "number", (), False),
        )),
        ("First visit", (
            ("Who decides on orders?", "text", (), True),
            ("How well does it fit us?", "scale", (), False),
        )),
    ),
    rivals=("Northgate Paper", "Bayline Supply", "a warehouse club", "an online seller", "Ridgetop Janitorial"),
    purposes={
        "customer": ("Regular call", "Regular call", "Regular call", "Take the order", "Present new products", "Check stock", "Annual review", "Complaint"),
        "prospect": ("Get to know", "Present new products", "Discuss the offer", "Discuss the offer", "Bring samples"),
        "former": ("Win back", "Present new products", "Ask how things are"),
    },
    visit_notes={
        "order": (
            "{contact} ordered {product} for the next month.", "Took an order: {product}, usual quantity.", "Restocked {product}; added a trial box of something new.",
            "Bigger order than last time, mostly {product}. Pleased with the delivery.", "Order signed on the spot after showing the price list.",
            "{contact} needs {product} by Friday; confirmed with the warehouse.", "Standing order for {product} agreed, every two weeks.", "Ordered {product}. Asked about volume discount.",
        ),
        "interested": (
            "{contact} likes the {product} but wants to see a sample.", "Showed the catalog. Real interest in {product}.", "Wants an offer for {product}; buys from {rival} today.",
            "Good talk with {contact}. Budget opens next quarter.", "Would switch from {rival} if delivery is weekly.", "Interested, needs the partner's approval first.",
        ),
        "no_interest": (
            "Happy with {rival}. Try again in half a year.", "No need just now, storeroom is full.", "{contact} says our {product} is too dear.",
            "Contract with {rival} runs another year.", "Closing down the line; no {product} any more.",
        ),
        "not_met": (
            "{contact} was out; left a card.", "Closed for a private party.", "Too busy to talk, asked to come back in the morning.", "Nobody there, sign on the door: back at three.", "Only staff present, left the price list.",
        ),
        "follow_up": (
            "Left samples of {product}, {contact} will test them this week.", "Went through the offer; two open questions on {product}.", "{contact} asked for references nearby.",
            "Measured the storeroom for dispensers.", "Wants a revised offer with {product} in larger packs.", "Meeting with the owner to be set up.",
        ),
        "service": (
            "Replaced a leaking dispenser.", "Two boxes of {product} were damaged; replacement on the way.", "Trained the new staff on the {product}.", "Checked the dosing, now right again.",
            "Picked up wrong goods; credit note to follow.", "Serviced the equipment, next check in three months.",
        ),
    },
    next_steps={
        "order": (("Check that the delivery arrived", 7, False), ("Offer the standing order", 14, True)),
        "interested": (("Send the offer", 3, False), ("Bring a sample", 9, True), ("Call about the decision", 10, False)),
        "no_interest": (("Look in again", 90, True),),
        "not_met": (("Call for an appointment", 3, False), ("Come back in the morning", 6, True)),
        "follow_up": (("Send the revised offer", 4, False), ("Ask how the samples did", 8, False), ("Meet the owner", 12, True)),
        "service": (("Check the replacement", 10, True), ("Send the credit note", 3, False)),
    },
    missed_notes=("Accident on the interstate, did not get through.", "Previous visit ran long.", "Customer called it off that morning.", "Snow; roads closed.", "Sick child, moved the afternoon."),
    no_position_reasons=("No GPS indoors", "Location was switched off", "Phone battery empty, logged later"),
    activities={
        "call": (
            ("Asked about the next order", "{contact} will send it by Thursday."), ("Price question", "Wanted the price of {product} for ten cases."), ("Delivery date", "Truck comes Wednesday; fine with {contact}."),
            ("Left a voicemail", "Asked {contact} to call back about {product}."), ("Payment reminder", "Invoice is in approval, paid this week."), ("Appointment agreed", "{contact} has time next week in the morning."),
            ("Checking in", "All is well, nothing needed just now."), ("Complaint about a delivery", "One case of {product} missing; credit promised."),
        ),
        "mail": (
            ("Offer sent", "Offer for {product}, valid thirty days."), ("Price list", "Sent the new price list with the spring changes."), ("Order confirmation", "Confirmed {product} for next week."),
            ("Safety data sheets", "Sent the sheets for {product}."), ("Thank you", "Thanked {contact} for the visit, with the catalog."), ("Newsletter", "Season's offers, {product} on the first page."),
        ),
        "meeting": (
            ("Annual review", "Went through the year with {contact}; volume up, wants quarterly prices."), ("Product demonstration", "Showed {product} to the team of six."),
            ("Contract talks", "Terms agreed but for the delivery fee."), ("Site walk", "Walked the building to count dispensers."),
        ),
        "note": (
            ("Ownership", "The business is being sold, new owner from next month."), ("Competitor", "{rival} was here last week with a low offer."), ("Opening a second place", "They look at a site across town."),
            ("New person in charge", "{contact} now does the ordering."), ("Renovation", "Closed two weeks for renovation."),
        ),
    },
    tasks=(
        ("Send the new price list", False), ("Prepare the offer for {product}", False), ("Deliver samples of {product}", True), ("Call back about the invoice", False), ("Put up the dispensers", True),
        ("Ask for a reference", False), ("Set a date with {contact}", False), ("Swap the faulty dispenser", True), ("Count the stock of {product}", True), ("Check the credit limit", False), ("Renew the yearly agreement", True),
    ),
    stages=(("Lead", 10, "open"), ("Qualified", 25, "open"), ("Proposal", 50, "open"), ("Negotiation", 75, "open"), ("Won", 100, "won"), ("Lost", 0, "lost")),
    opportunity_patterns=("{product}, yearly supply", "Switch from {rival}: {product}", "{product} for all sites", "Standing order {product}", "First order {product}", "Renewal {product}", "{product} and training"),
    opportunity_steps={
        "Lead": ("Find out who decides", "Call for a first meeting", "Send the catalog"),
        "Qualified": ("Visit with samples", "Count what they use in a month", "Meet the owner"),
        "Proposal": ("Ask about the offer", "Present the offer", "Revise the delivery terms"),
        "Negotiation": ("Agree the volume discount", "Get the signature", "Clear the payment terms"),
    },
    won_reasons=("Better delivery", "Price", "Trust in the rep", "Samples convinced", "Service near by", "Full range from one hand"),
    lost_reasons=("Price too high", "Stayed with {rival}", "No budget this year", "Project was called off", "Delivery too slow", "Decided by head office", "No answer any more"),
    opportunity_notes=("Decision by the owner and the bookkeeper together.", "They pay {rival} about ten percent less, but wait a week.", "Wants a trial month first.", "Needs approval from head office.", "Could grow to two more sites.", "Asked for net 45."),
)  # fmt: skip
